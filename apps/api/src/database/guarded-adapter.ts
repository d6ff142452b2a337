import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from "@prisma/driver-adapter-utils";

/**
 * `factory` with transactions that cannot commit after one of their statements failed.
 *
 * @param startTransaction - How to start one, where the adapter's own way does not serve.
 */
export function guardTransactions(
  factory: SqlMigrationAwareDriverAdapterFactory,
  startTransaction: (adapter: SqlDriverAdapter) => Promise<Transaction> = (adapter) => adapter.startTransaction(),
): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = factory;
  const wrap = (adapter: SqlDriverAdapter): SqlDriverAdapter => ({
    provider,
    adapterName,
    ...bindQueries(adapter),
    executeScript: (script) => adapter.executeScript(script),
    startTransaction: async () => guardTransaction(await startTransaction(adapter)),
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

/** The two methods that queries need, bound to their adapter. */
export function bindQueries(queryable: SqlQueryable): Pick<SqlQueryable, "queryRaw" | "executeRaw"> {
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
