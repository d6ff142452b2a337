// A process of the service without its HTTP side: the same services, workers and journal, over a database that others share.
// It does what it is told by messages, and blocks at one point of its choice, so that it can be killed exactly there.
import { isConnectorError, LocalKeyring, silentLogger } from "@isthmus/core";
import { openDatabase } from "../../../src/database/index.js";
import { replayJournal } from "../../../src/tokens/journal-replay.js";
import { PostgresTokenStore } from "../../../src/tokens/postgres-token-store.js";
import { RefreshWorker } from "../../../src/workers/refresh-worker.js";
import { createLedgerServices } from "../../ledger/ledger-services.js";
import type { Command, FaultPoint, Order, ProcessTask, Reply } from "./token-process-messages.js";

const task: ProcessTask = JSON.parse(process.argv[2] ?? "{}");
const { keys, vendorHost, tenantId, journalFolder, stopAt } = task;

function tell(reply: Reply): void {
  process.send?.(reply);
}

const going = Promise.withResolvers<void>();

async function pass(point: FaultPoint): Promise<void> {
  if (point !== stopAt) return;
  tell({ at: point });
  await going.promise;
}

const { begin, adopt, commit } = PostgresTokenStore.prototype;
Object.assign(PostgresTokenStore.prototype, {
  async begin(this: PostgresTokenStore, ...given: Parameters<typeof begin>) {
    await pass("before the claim");
    const result = await begin.apply(this, given);
    if (result.outcome === "begun") await pass("before the call");
    return result;
  },
  async adopt(this: PostgresTokenStore, ...given: Parameters<typeof adopt>) {
    const claim = await adopt.apply(this, given);
    await pass("before the call");
    return claim;
  },
  async commit(this: PostgresTokenStore, ...given: Parameters<typeof commit>) {
    await pass("answered, before the commit");
    try {
      return await commit.apply(this, given);
    } catch (error) {
      // The first try has failed, so the result is in the journal.
      await pass("in the journal");
      throw error;
    } finally {
      await pass("after the commit");
    }
  },
});

const database = await openDatabase({ ...task.database, logger: silentLogger });
const keyProvider = LocalKeyring.parse(keys);
const services = createLedgerServices({ database, keyProvider, vendorHost, journalFolder });
const worker = new RefreshWorker(services);

/** One call of the vendor's API through the connector, as an operation does it. */
async function operate(connectorId: string): Promise<string> {
  try {
    const row = await database.readAsTenant(tenantId, (reads) => reads.findConnector(connectorId));
    if (row === undefined) return "NOT_FOUND";
    await services.pool.use(row, (connector) => connector.connect());
    return "ok";
  } catch (error) {
    return isConnectorError(error) ? error.code : String(error);
  }
}

/**
 * As a server does it, which lets so many requests in at once; the others wait outside and not for a database connection, which
 * they get no more after 5 s. All processes want each connector at about the same time all the same.
 */
const mostAtOnce = 16;

async function operateAll(connectorIds: readonly string[]): Promise<readonly string[]> {
  const results = new Map<string, string>();
  const left = [...connectorIds];
  const work = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) results.set(id, await operate(id));
  };
  await Promise.all(Array.from({ length: mostAtOnce }, work));
  return [...results.values()];
}

async function obey(order: Order): Promise<readonly string[]> {
  if (order.do === "operate") return operateAll(order.connectorIds);
  if (order.do === "go on") {
    going.resolve();
    return [];
  }
  if (order.do === "replay") return [String(await replayJournal(services))];
  const begun = await worker.beginDue();
  await worker.settle();
  return [String(begun)];
}

process.on("message", ({ id, order }: Command) => {
  obey(order).then(
    (results) => tell({ id, results }),
    (error: unknown) => tell({ id, failed: String(error) }),
  );
});
// The test that started it has ended.
process.on("disconnect", () => process.exit());
tell({ ready: true });
