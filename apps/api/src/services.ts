import type { Clock, ConnectorFactory, EventBus, KeyProvider, Logger, Random, Vault } from "@isthmus/core";
import type { ReadSums } from "./audit/read-sums.js";
import type { QuotaShares } from "./budgets/priorities.js";
import type { ConnectorPool } from "./connectors/connector-pool.js";
import type { OperationCache } from "./connectors/operation-cache.js";
import type { Database } from "./database/index.js";
import type { DeletionRule } from "./deletion/deletion-rule.js";
import type { HealthTally } from "./health/health-tally.js";
import type { Metrics } from "./metrics/metrics.js";
import type { RunStarts } from "./runs/run-starts.js";
import type { SignIns } from "./sign-in/sign-ins.js";
import type { TokenJournal } from "./tokens/token-journal.js";
import type { TokenStores } from "./tokens/token-stores.js";

/** What the actions work with: made once by `main.ts`, or by a test. */
export interface Services {
  readonly database: Database;
  /** What wraps the vault's data keys. */
  readonly keyProvider: KeyProvider;
  readonly vault: Vault;
  /** The installed connectors. */
  readonly connectors: ConnectorFactory;
  /** Live instances of them. */
  readonly pool: ConnectorPool;
  /** What they can do. */
  readonly operations: OperationCache;
  /** Where their tokens are. */
  readonly tokenStores: TokenStores;
  /** What the database has not taken yet. */
  readonly journal: TokenJournal;
  /** Operation runs that requests are beginning. */
  readonly runStarts: RunStarts;
  /** How calls went, as far as it is not stored yet. */
  readonly healthTally: HealthTally;
  /** Reads that are not audited yet. */
  readonly readSums: ReadSums;
  /** Reasons for which a deletion is refused. */
  readonly deletionRules: readonly DeletionRule[];
  /** Keys of identity providers, and which sign-ins were noted. */
  readonly signIns: SignIns;
  readonly events: EventBus;
  /** What this process counts of itself. */
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings: ServiceSettings;
  /** Aborted when the service begins to stop: no new work is taken. */
  readonly stopping: AbortSignal;
  /** Aborted when requests have had their time to finish: what is still at work ends. */
  readonly ending: AbortSignal;
}

/** The part of the configuration that actions need. */
export interface ServiceSettings {
  /** Origin under which browsers reach the service; a function, because port 0 is known only once it listens. */
  readonly publicUrl: () => string;
  /** Origins that a browser may be sent back to after an authorisation. */
  readonly returnToOrigins: readonly string[];
  /** Exact host:port addresses that connectors may reach although they are private. */
  readonly allowedPrivateHosts: readonly string[];
  /** Folder of the files that connectors may name, one folder for each tenant in it. Default: there are none. */
  readonly certificateDirectory?: string | undefined;
  /** `undefined` = nobody may manage tenants. */
  readonly platformKey: string | undefined;
  /** Largest body of an operation that takes bytes. Default {@link defaultContentLimitBytes}. */
  readonly contentLimitBytes?: number;
  /** The same of a bulk operation. Default {@link defaultBulkContentLimitMib}, in bytes here. */
  readonly bulkContentLimitBytes?: number;
  /** Parts of a day's quota at a vendor that each kind of work may use up. Default {@link defaultQuotaShares}. */
  readonly quotaShares?: QuotaShares;
  /** Names of the operator's sinks. Default: there are none. */
  readonly sinks?: readonly string[];
  /** Days that deliveries and their events are kept. Default {@link defaultInboundRetentionDays}. */
  readonly inboundRetentionDays?: number;
  /** Days that records are kept which the vendor has deleted. Default {@link defaultRecordRetentionDays}. */
  readonly recordRetentionDays?: number;
  /** Days that events are kept after they were told. Default {@link defaultEventRetentionDays}. */
  readonly eventRetentionDays?: number;
  /** Days within which a deleted connector can be restored. Default {@link defaultDeletedRetentionDays}. */
  readonly deletedRetentionDays?: number;
  /** Days after which a change request that nobody decided about expires. Default {@link defaultChangeRequestDays}. */
  readonly changeRequestDays?: number;
  /** Milliseconds after which an operation run is taken from a process of which nothing was heard. Default {@link defaultRunLeaseMs}. */
  readonly runLeaseMs?: number;
  /** Milliseconds after which a request with an Idempotency-Key is taken from a process of which nothing was heard. Default {@link defaultIdempotencyLeaseMs}. */
  readonly idempotencyLeaseMs?: number;
}

/** 100 MiB. */
export const defaultContentLimitBytes = 100 * 1024 * 1024;

/** Ten parts of the size that Salesforce takes at once. Nothing is held whole, and the vendor is asked as it comes. */
export const defaultBulkContentLimitMib = 1024;

/** As long as Intuit tells of changes by other means. */
export const defaultInboundRetentionDays = 30;

/** Programs that follow an entity and were away for a quarter read everything anew. */
export const defaultRecordRetentionDays = 90;
/** Long enough to see what a receiver made of the last days. */
export const defaultEventRetentionDays = 7;

/** Long enough for somebody to miss it after a month's end. */
export const defaultDeletedRetentionDays = 30;
/** A week, holidays of one approver included. */
export const defaultChangeRequestDays = 7;

/** Long enough for a database that stumbles. */
export const defaultRunLeaseMs = 30_000;

/** As long as that of a run. */
export const defaultIdempotencyLeaseMs = 30_000;
