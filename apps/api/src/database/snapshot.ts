import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

const ownFolder = fileURLToPath(new URL("../", import.meta.url));
// Running from sources, as tests do, a build's snapshot serves as well: it is only used when its migrations are ours.
const folders = [ownFolder, fileURLToPath(new URL("../../dist/", import.meta.url))];
const snapshotName = "database-snapshot.tar";
const manifestName = "database-snapshot.json";

/** Keeps `pglite`, a migrated and otherwise empty database, as the snapshot beside the compiled code. */
export async function saveSnapshot(pglite: PGlite): Promise<void> {
  // Two thirds of the files belong to databases that exist only to be copied by CREATE DATABASE. Nobody does that here,
  // and writing those files was a third of the time of a first start.
  for (const template of ["template0", "template1"]) {
    await pglite.exec(`alter database ${template} is_template false`);
    await pglite.exec(`drop database ${template}`);
  }
  // Leaves nothing to replay in the write-ahead log.
  await pglite.exec("checkpoint");
  const archive = await pglite.dumpDataDir("none");
  const { rows } = await pglite.query<{ version: string }>("select version()");
  const manifest: SnapshotManifest = { migrations: await listMigrations(), postgres: rows[0]?.version ?? "" };
  await writeFile(join(ownFolder, snapshotName), new Uint8Array(await archive.arrayBuffer()));
  await writeFile(join(ownFolder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * The snapshot for a new data directory, when there is one of exactly the migrations at hand; otherwise `undefined`,
 * and the caller migrates from nothing.
 */
export async function readSnapshot(): Promise<Blob | undefined> {
  const folder = folders.find((each) => existsSync(join(each, snapshotName)) && existsSync(join(each, manifestName)));
  if (folder === undefined) return undefined;
  const manifest: unknown = JSON.parse(await readFile(join(folder, manifestName), "utf8"));
  if (typeof manifest !== "object" || manifest === null || !("migrations" in manifest)) return undefined;
  if (JSON.stringify(manifest.migrations) !== JSON.stringify(await listMigrations())) return undefined;
  return new Blob([new Uint8Array(await readFile(join(folder, snapshotName)))]);
}

async function listMigrations(): Promise<string[]> {
  const migrations = await readMigrations(findMigrationsFolder());
  return migrations.map((migration) => `${migration.name} ${migration.checksum}`);
}
