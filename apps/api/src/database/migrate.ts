import type { Logger } from "@isthmus/core";
import { DatabaseError } from "./errors.js";
import { findMigrationsFolder } from "./migrations-folder.js";
import { applyMigrations, type Migration, readMigrations, type SchemaEngineTarget } from "./schema-engine.js";

/** One row of `_prisma_migrations`, Prisma's own record. */
interface AppliedMigration {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** A connection that only migrating uses: one session, so that a lock taken on it holds. */
export interface MigrationSession extends SchemaEngineTarget {
  /** Runs one query without parameters and returns its rows. */
  queryRows(sql: string): Promise<readonly object[]>;
}

// Prisma's own number: `prisma migrate deploy` by hand and a starting service exclude each other too.
// https://www.prisma.io/docs/orm/prisma-migrate/workflows/development-and-production#advisory-locking
const advisoryLock = 72_707_369;

/**
 * Brings the database to the newest migration, as `prisma migrate deploy` would.
 *
 * Usually there is nothing to do; a look at `_prisma_migrations` tells so without loading the WASM engine (5 MB).
 * Processes that start at once on one server wait for one another, and the first one migrates.
 *
 * @returns Names of the migrations applied now.
 * @throws {DatabaseError} `MIGRATION_CHANGED` when an applied migration's text is not what was applied;
 *   `MIGRATION_FAILED` when one fails or failed earlier.
 */
export async function migrate(session: MigrationSession, logger: Logger): Promise<readonly string[]> {
  const migrations = await readMigrations(findMigrationsFolder());
  const seen = await readApplied(session);
  // An unfinished row may be another process at work: only under the lock does it mean a failure.
  if (seen.every((row) => row.finished) && findPending(migrations, seen, logger).length === 0) return [];
  await session.queryRows(`select pg_advisory_lock(${advisoryLock})`);
  try {
    const pending = findPending(migrations, await readApplied(session), logger);
    if (pending.length === 0) return [];
    return await apply(session, migrations, pending, logger);
  } finally {
    await session.queryRows(`select pg_advisory_unlock(${advisoryLock})`);
  }
}

async function apply(
  session: MigrationSession,
  migrations: readonly Migration[],
  pending: readonly Migration[],
  logger: Logger,
): Promise<readonly string[]> {
  try {
    const applied = await applyMigrations(session, migrations);
    logger.info({ migrations: applied }, "database migrated");
    return applied;
  } catch (error) {
    const names = pending.map((migration) => migration.name).join(", ");
    throw new DatabaseError(
      "MIGRATION_FAILED",
      `A database migration failed (pending: ${names}): ${readReason(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function readApplied(session: MigrationSession): Promise<AppliedMigration[]> {
  const [table] = await session.queryRows("select to_regclass('_prisma_migrations') is not null as exists");
  if (!table || !("exists" in table) || table.exists !== true) return [];
  const rows = await session.queryRows(
    "select migration_name, checksum, finished_at is not null as finished from _prisma_migrations where rolled_back_at is null",
  );
  return rows.map((row) => ({
    migration_name: String(Reflect.get(row, "migration_name")),
    checksum: String(Reflect.get(row, "checksum")),
    finished: Reflect.get(row, "finished") === true,
  }));
}

function findPending(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
  logger: Logger,
): Migration[] {
  const failed = applied.find((row) => !row.finished);
  if (failed) {
    throw new DatabaseError(
      "MIGRATION_FAILED",
      `The migration ${failed.migration_name} failed earlier and was not completed. Mend the database, then mark it with "prisma migrate resolve --rolled-back ${failed.migration_name}" and start again.`,
    );
  }
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.filter((row) => !known.has(row.migration_name)).map((row) => row.migration_name);
  // As `prisma migrate deploy` does: an older release next to a newer database is a rolling update, not a fault.
  if (unknown.length > 0) logger.warn({ migrations: unknown }, "database has migrations of a newer release");
  const checksums = new Map(applied.map((row) => [row.migration_name, row.checksum]));
  return migrations.filter((migration) => {
    const checksum = checksums.get(migration.name);
    if (checksum !== undefined && checksum !== migration.checksum) {
      throw new DatabaseError(
        "MIGRATION_CHANGED",
        `The migration ${migration.name} was edited after it was applied to this database. Restore its migration.sql and put the change into a new migration.`,
      );
    }
    return checksum === undefined;
  });
}

// The engine appends its own Rust trace.
function readReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\n\s+0: /)[0] ?? message;
}
