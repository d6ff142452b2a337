import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PGlite } from "@electric-sql/pglite";
import { findMigrationsFolder } from "./migrations-folder.js";
import { readMigrations } from "./schema-engine.js";

// A new PGlite spends seconds on initdb and on migrating. The build does it once (scripts/write-snapshot.mjs) and keeps
// the empty, migrated data directory beside the compiled code.

/** What the snapshot was made of; a snapshot of anything else is not used. */
interface SnapshotManifest {
  /** `name checksum` of each migration in it, in order. */
  readonly migrations: readonly string[];
  /** Version text of the PostgreSQL that wrote it. */
  readonly postgres: string;
}

const snapshotFile = fileURLToPath(new URL("../database-snapshot.tar", import.meta.url));
const manifestFile = fileURLToPath(new URL("../database-snapshot.json", import.meta.url));

/** Writes the snapshot of `pglite`, a migrated and otherwise empty database, beside the compiled code. */
export async function writeSnapshot(pglite: PGlite): Promise<void> {
  // The planner and `loadDataDir` read a checkpointed directory; nothing is left in the write-ahead log.
  await pglite.exec("checkpoint");
  const archive = await pglite.dumpDataDir("none");
  const { rows } = await pglite.query<{ version: string }>("select version()");
  const manifest: SnapshotManifest = { migrations: await listMigrations(), postgres: rows[0]?.version ?? "" };
  await writeFile(snapshotFile, new Uint8Array(await archive.arrayBuffer()));
  await writeFile(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * The snapshot for a new data directory, when there is one of exactly the migrations at hand; otherwise `undefined`,
 * and the caller migrates from nothing.
 */
export async function readSnapshot(): Promise<Blob | undefined> {
  if (!existsSync(snapshotFile) || !existsSync(manifestFile)) return undefined;
  const manifest: unknown = JSON.parse(await readFile(manifestFile, "utf8"));
  if (typeof manifest !== "object" || manifest === null || !("migrations" in manifest)) return undefined;
  const wanted = await listMigrations();
  if (JSON.stringify(manifest.migrations) !== JSON.stringify(wanted)) return undefined;
  return new Blob([new Uint8Array(await readFile(snapshotFile))]);
}

async function listMigrations(): Promise<string[]> {
  const migrations = await readMigrations(findMigrationsFolder());
  return migrations.map((migration) => `${migration.name} ${migration.checksum}`);
}
