import {
  type Clock,
  type ConnectorFactory,
  EventBus,
  type KeyProvider,
  type Logger,
  type Random,
  systemClock,
  systemRandom,
  Vault,
} from "@isthmus/core";
import { ReadSums } from "./audit/read-sums.js";
import { defaultQuotaShares } from "./budgets/priorities.js";
import { SharedBudgets } from "./budgets/shared-budgets.js";
import { ConnectorPool } from "./connectors/connector-pool.js";
import { noteOpening } from "./connectors/note-opening.js";
import { OperationCache } from "./connectors/operation-cache.js";
import { type Database, newId } from "./database/index.js";
import type { DeletionRule } from "./deletion/deletion-rule.js";
import { deletionRules } from "./deletion/rules.js";
import { HealthTally } from "./health/health-tally.js";
import { Metrics } from "./metrics/metrics.js";
import { countDeliveries } from "./outbox/count-deliveries.js";
import { RunStarts } from "./runs/run-starts.js";
import type { ServiceSettings, Services } from "./services.js";
import { SignIns } from "./sign-in/sign-ins.js";
import { TokenJournal } from "./tokens/token-journal.js";
import { TokenStores } from "./tokens/token-stores.js";
import { DatabaseDataKeyStore } from "./vault/database-data-key-store.js";

/** The parts that differ between a process and a test. */
export interface ServiceParts {
  readonly database: Database;
  readonly connectors: ConnectorFactory;
  readonly keyProvider: KeyProvider;
  /** Folder of this machine for what the database has not taken yet. */
  readonly journalFolder: string;
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
  readonly ending: AbortSignal;
  /** Default: the service's own. */
  readonly deletionRules?: readonly DeletionRule[];
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Puts together what the actions work with. */
export function createServices(parts: ServiceParts): Services {
  const { database, connectors, keyProvider, settings, logger, stopping, ending } = parts;
  const clock = parts.clock ?? systemClock;
  const random = parts.random ?? systemRandom;
  const events = new EventBus({ logger });
  const metrics = new Metrics(events, clock);
  const dataKeys = new DatabaseDataKeyStore(database);
  const vault = new Vault({ keyProvider, dataKeys, createDataKeyId: newId, clock, random });
  const { allowedPrivateHosts, certificateDirectory, quotaShares = defaultQuotaShares } = settings;
  const journal = new TokenJournal(parts.journalFolder);
  const tokenStores = new TokenStores({ database, vault, journal, clock, logger });
  // Nobody shares an embedded database: there, the connectors' own limits are all.
  const budgets = database.kind === "server" ? new SharedBudgets({ database, clock, quotaShares }) : undefined;
  const environment = {
    vault,
    tokenStores,
    connectors,
    events,
    metrics,
    budgets,
    clock,
    random,
    logger,
    allowedPrivateHosts,
    certificateDirectory,
  };
  const pool = new ConnectorPool({
    ...environment,
    signal: ending,
    noteOpening: (row, by) => noteOpening(database, row, by),
  });
  metrics.showOpenConnectors(() => pool.size);
  metrics.showPools(() => pool.pools());
  metrics.showDeliveries(countDeliveries({ database, logger }, settings.sinks));
  return {
    database,
    keyProvider,
    vault,
    connectors,
    pool,
    operations: new OperationCache(),
    tokenStores,
    journal,
    runStarts: new RunStarts(),
    healthTally: new HealthTally({ database, events, clock, logger }),
    readSums: new ReadSums({ database, clock, logger }),
    deletionRules: parts.deletionRules ?? deletionRules,
    signIns: new SignIns({ allowedPrivateHosts, clock, logger }),
    events,
    metrics,
    clock,
    random,
    logger,
    settings,
    stopping,
    ending,
  };
}
