import type { Logger } from "@isthmus/core";
import {
  type BatchTarget,
  createRecordBatchLane,
  createSystemRepository,
  createTenantReads,
  createTenantRepositories,
  createTenantScope,
  hasSystemWritten,
  type RecordBatchLane,
  type SystemRepository,
  type TenantReads,
  type TenantRepositories,
  type WorkKind,
} from "../repositories/index.js";
import type { Connection } from "./connection.js";
import { DatabaseUnavailableError } from "./errors.js";
import { mapDatabaseError } from "./map-error.js";
import { transactionSystemRunner } from "./system-queries.js";
import { assertNoUnitOfWork, runUnitOfWork } from "./unit-of-work.js";
import { WorkBell } from "./work-bell.js";
import { isWatched, tellWatch } from "./write-watch.js";

/** Where the data is, and where log lines go. */
export interface OpenDatabaseOptions {
  /** `postgresql://…` of a server, version 16 or newer. */
  readonly url?: string;
  /** Folder of the embedded database; used where `url` is missing. */
  readonly dataDirectory?: string;
  readonly logger: Logger;
  /** Names of the operator's sinks: every event is written down for them. Default: there are none. */
  readonly sinks?: readonly string[] | undefined;
}

/** The service's database. Prisma's client does not leave it: all access is by units of work. */
export interface Database {
  /** `embedded` is PGlite in this process, `server` a PostgreSQL. */
  readonly kind: "embedded" | "server";
  /**
   * Runs `work` in one short transaction that sees and makes rows of one tenant only. It must wait for nothing but the
   * database: no vendor, no other unit of work.
   *
   * @throws {DatabaseUnavailableError} `DATABASE_UNAVAILABLE`, retryable.
   * @throws {NestedUnitOfWorkError} When called inside a unit of work.
   */
  asTenant<T>(tenantId: string, work: (repositories: TenantRepositories) => Promise<T>): Promise<T>;
  /**
   * {@link asTenant} for the few single reads that stand in the way of every request, each of them in a transaction of its own:
   * on a server one round trip. The guards are the same.
   */
  readAsTenant<T>(tenantId: string, work: (reads: TenantReads) => Promise<T>): Promise<T>;
  /**
   * {@link asTenant} for the batches of a sync, of which the next one may be sent while the one before is stored: each of them is a
   * transaction. It takes no part in a request, so nobody who watches one is told.
   *
   * @param read - Records that the run has read before.
   */
  openBatches(tenantId: string, target: BatchTarget, read: number): RecordBatchLane;
  /** {@link asTenant} for the few things that are done without a tenant; on a server each of its calls is a transaction. */
  asSystem<T>(work: (system: SystemRepository) => Promise<T>): Promise<T>;
  /**
   * Has `wake` called each time when a transaction has left work of a kind behind: of this process at once, of other processes
   * within about a quarter of a second, where the database tells of them. It may not: look now and then, too.
   *
   * @returns ends that.
   */
  whenDue(kind: WorkKind, wake: () => void): () => void;
  /**
   * Asks the database for an answer, for readiness.
   *
   * @throws {DatabaseUnavailableError} After 5 s at the most.
   */
  ping(): Promise<void>;
  /** Ends all connections and frees the data directory. Units under way finish first. */
  close(): Promise<void>;
}

/**
 * Opens the service's database and brings it to the newest migration.
 *
 * @throws {DatabaseUnavailableError} When the server cannot be reached.
 * @throws {DataDirectoryLockedError} When another process holds the data directory.
 * @throws {DatabaseError} `MIGRATION_FAILED` or `MIGRATION_CHANGED`.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  return createDatabase(await openConnection(options), options.sinks);
}

// Each kind is loaded only where it is used: PGlite alone is 25 MB.
async function openConnection({ url, dataDirectory, logger }: OpenDatabaseOptions): Promise<Connection> {
  if (url !== undefined) {
    const { openServer } = await import("./server.js");
    return openServer(url, { logger });
  }
  if (dataDirectory === undefined) throw new TypeError("openDatabase needs a url or a dataDirectory.");
  const { openEmbedded } = await import("./embedded.js");
  return openEmbedded(dataDirectory, { logger });
}

/** Units of work over an open connection. */
export function createDatabase(connection: Connection, sinks: readonly string[] = []): Database {
  const { prisma } = connection;
  const asOneTransaction = transactionSystemRunner(prisma);
  const bell = new WorkBell(connection.channel);
  return {
    kind: connection.kind,
    whenDue: (kind, wake) => bell.listen(kind, wake),
    asTenant: (tenantId, work) =>
      bell.whenCommitted((noteWork) =>
        runUnitOfWork(prisma, { role: "isthmus_app", tenantId }, async (client) => {
          const scope = createTenantScope(client, tenantId, sinks, noteWork);
          const repositories = createTenantRepositories(scope);
          const result = await work(repositories);
          await tellWatch({ ...scope, keys: repositories.idempotencyKeys });
          return result;
        }),
      ),
    readAsTenant: (tenantId, work) =>
      connection.readAsTenant(tenantId, (query) => work(createTenantReads(tenantId, query))),
    openBatches: (tenantId, target, read) =>
      createRecordBatchLane({
        tenantId,
        lane: connection.openLane(tenantId),
        sinks,
        whenCommitted: (transaction) => bell.whenCommitted(transaction),
        target,
        read,
      }),
    asSystem(work) {
      return bell.whenCommitted((noteWork) => {
        if (!isWatched(undefined)) return connection.asSystem((query) => work(createSystemRepository(query, noteWork)));
        return asOneTransaction(async (query) => {
          const system = createSystemRepository(query, noteWork);
          const result = await work(system);
          await tellWatch({ tenantId: undefined, keys: system.idempotency, hasWritten: () => hasSystemWritten(query) });
          return result;
        });
      });
    },
    async ping() {
      assertNoUnitOfWork();
      await withTimeout(pingTimeoutMs, async () => {
        await prisma.$queryRaw`select 1`;
      });
    },
    async close() {
      await bell.close();
      await connection.close();
    },
  };
}

const pingTimeoutMs = 5_000;

async function withTimeout(timeoutMs: number, run: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DatabaseUnavailableError(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([run(), late]);
  } catch (error) {
    throw mapDatabaseError(error);
  } finally {
    clearTimeout(timer);
  }
}
