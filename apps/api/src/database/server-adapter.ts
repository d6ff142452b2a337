import { PrismaPg } from "@prisma/adapter-pg";
import type { SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import type pg from "pg";
import { guardTransactions } from "./guarded-adapter.js";

/** Prisma's adapter for a PostgreSQL server over `pool`, with transactions that cannot commit after a failure. */
export function createServerAdapter(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  return guardTransactions(new PrismaPg(pool));
}
