import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PrismaClient } from "../generated/prisma/client.js";
import type { Connection, ConnectionOptions } from "./connection.js";
import { lockDataDirectory } from "./data-directory-lock.js";
import { createEmbeddedAdapter } from "./embedded-adapter.js";
import { migrate } from "./migrate.js";
import { readSnapshot } from "./snapshot.js";
import { transactionSystemRunner } from "./system-queries.js";
import { embeddedTenantLanes } from "./tenant-lanes.js";
import { embeddedTenantReads } from "./tenant-reads.js";

/**
 * Opens the embedded PostgreSQL of `dataDirectory`, making it where it is missing: from the build's snapshot when that
 * fits, else by initdb and migrations.
 *
 * @throws {DataDirectoryLockedError} When another process uses the directory: PGlite itself takes no lock, and two
 *   processes would lose acknowledged rows silently.
 */
export async function openEmbedded(dataDirectory: string, options: ConnectionOptions): Promise<Connection> {
  const lock = lockDataDirectory(dataDirectory);
  try {
    const pglite = await startPGlite(dataDirectory);
    try {
      await migrateEmbedded(pglite, options);
      rmSync(markerOf(dataDirectory), { force: true });
    } catch (error) {
      await pglite.close();
      throw error;
    }
    const prisma = new PrismaClient({ adapter: createEmbeddedAdapter(pglite), errorFormat: "minimal" });
    return {
      kind: "embedded",
      prisma,
      asSystem: transactionSystemRunner(prisma),
      readAsTenant: embeddedTenantReads(prisma),
      openLane: embeddedTenantLanes(prisma),
      async close() {
        try {
          await prisma.$disconnect();
          await pglite.close();
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Migrates a PGlite; also what the snapshot is made with. */
export async function migrateEmbedded(pglite: PGlite, options: ConnectionOptions): Promise<void> {
  await migrate(
    {
      factory: createEmbeddedAdapter(pglite),
      queryRows: async (sql) => (await pglite.query<object>(sql)).rows,
      executeScript: async (script) => {
        await pglite.exec(script);
      },
    },
    options.logger,
  );
  await closeSettings(pglite);
}

/**
 * Takes the one function by which SQL within a statement could name another tenant, or another role, from everybody but the
 * owner. On a server that is its administrator's to do: see docs/decisions/026-what-keeps-tenants-apart.md.
 */
async function closeSettings(pglite: PGlite): Promise<void> {
  const { rows } = await pglite.query<{ open: boolean }>(
    "select has_function_privilege('isthmus_app', 'pg_catalog.set_config(text, text, boolean)', 'execute') as open",
  );
  if (rows[0]?.open) await pglite.exec("revoke execute on function pg_catalog.set_config from public");
}

// Until a new directory is complete a marker stands beside it, so that a start which was killed half-way is begun anew.
async function startPGlite(dataDirectory: string): Promise<PGlite> {
  const files = join(dataDirectory, "postgres");
  const marker = markerOf(dataDirectory);
  if (existsSync(join(files, "PG_VERSION")) && !existsSync(marker)) return PGlite.create({ dataDir: files });
  rmSync(files, { recursive: true, force: true });
  writeFileSync(marker, "The database here is being created.\n");
  const snapshot = await readSnapshot();
  return PGlite.create({ dataDir: files, ...(snapshot ? { loadDataDir: snapshot } : {}) });
}

function markerOf(dataDirectory: string): string {
  return join(dataDirectory, "creating");
}
