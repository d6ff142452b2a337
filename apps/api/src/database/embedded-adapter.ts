import type { PGlite, Transaction as PGliteTransaction } from "@electric-sql/pglite";
import type { SqlMigrationAwareDriverAdapterFactory, Transaction } from "@prisma/driver-adapter-utils";
import { PrismaPGlite } from "pglite-prisma-adapter";
import { bindQueries, guardTransactions } from "./guarded-adapter.js";

/** The adapter for the embedded database, with transactions that report a COMMIT that failed. */
export function createEmbeddedAdapter(pglite: PGlite): SqlMigrationAwareDriverAdapterFactory {
  return guardTransactions(new PrismaPGlite(pglite), () => startPGliteTransaction(pglite));
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
