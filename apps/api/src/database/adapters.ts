import type { PGlite, Transaction as PGliteTransaction } from "@electric-sql/pglite";
import { PrismaPg } from "@prisma/adapter-pg";
import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from "@prisma/driver-adapter-utils";
import type pg from "pg";
import { PrismaPGlite } from "pglite-prisma-adapter";

/** Prisma's adapter for a PostgreSQL server over `pool`, with transactions that cannot commit after a failure. */
export function createServerAdapter(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  return withTransactions(factory, async (adapter) => guardTransaction(await adapter.startTransaction()));
}

/** The adapter for the embedded database, with transactions that report a COMMIT that failed. */
export function createEmbeddedAdapter(pglite: PGlite): SqlMigrationAwareDriverAdapterFactory {
  return withTransactions(new PrismaPGlite(pglite), async () => guardTransaction(await startPGliteTransaction(pglite)));
}

function withTransactions(
  factory: SqlMigrationAwareDriverAdapterFactory,
  startTransaction: (adapter: SqlDriverAdapter) => Promise<Transaction>,
): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = factory;
  const wrap = (adapter: SqlDriverAdapter): SqlDriverAdapter => ({
    provider,
    adapterName,
    ...bindQueries(adapter),
    executeScript: (script) => adapter.executeScript(script),
    startTransaction: () => startTransaction(adapter),
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose: () => adapter.dispose(),
  });
  return {
    provider,
    adapterName,
    connect: async () => wrap(await factory.connect()),
    connectToShadowDb: async () => wrap(await factory.connectToShadowDb()),
  };
}

function bindQueries(queryable: SqlQueryable): Pick<SqlQueryable, "queryRaw" | "executeRaw"> {
  return {
    queryRaw: (query) => queryable.queryRaw(query),
    executeRaw: (query) => queryable.executeRaw(query),
  };
}

// PostgreSQL answers COMMIT of a transaction in which a statement failed by rolling back, and reports no error. Code
// that caught the statement's error would go on as if its work were stored.
function guardTransaction(transaction: Transaction): Transaction {
  let failure: unknown;
  const watch = async <T>(query: SqlQuery, run: (query: SqlQuery) => Promise<T>): Promise<T> => {
    if (failure !== undefined && /^\s*commit/i.test(query.sql)) {
      // Without it the connection would go back to the pool inside the failed transaction.
      await transaction.executeRaw({ sql: "ROLLBACK", args: [], argTypes: [] });
      throw failure;
    }
    try {
      return await run(query);
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  return {
    provider: transaction.provider,
    adapterName: transaction.adapterName,
    options: transaction.options,
    queryRaw: (query) => watch(query, (each) => transaction.queryRaw(each)),
    executeRaw: (query) => watch(query, (each) => transaction.executeRaw(each)),
    rollback: () => transaction.rollback(),
    commit: async () => {
      if (failure === undefined || !transaction.options.usePhantomQuery) return transaction.commit();
      await transaction.rollback();
      throw failure;
    },
  };
}

// The PGlite adapter's own transaction swallows a COMMIT that fails (a full disk, say): this one rejects.
async function startPGliteTransaction(pglite: PGlite): Promise<Transaction> {
  const started = Promise.withResolvers<PGliteTransaction>();
  const ended = Promise.withResolvers<void>();
  const finished = pglite.transaction(async (transaction) => {
    started.resolve(transaction);
    await ended.promise;
  });
  finished.catch(started.reject);
  const client = await started.promise;
  // The adapter only calls `query`, which a PGlite transaction has too.
  const queries = await new PrismaPGlite(client as PGliteTransaction & PGlite).connect();
  const end = (): Promise<void> => {
    ended.resolve();
    return finished;
  };
  return {
    provider: queries.provider,
    adapterName: queries.adapterName,
    options: { usePhantomQuery: true },
    ...bindQueries(queries),
    commit: end,
    rollback: async () => {
      await client.rollback();
      await end();
    },
  };
}
