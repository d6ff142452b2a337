import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  bindMigrationAwareSqlAdapterFactory,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import type { MigrationList, SchemaEngine } from "@prisma/schema-engine-wasm/schema_engine_bg";

// This file imports no other file of ours: scripts/write-migration.mjs loads it without a build.

// Node has WebAssembly; the ES library types have not.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, object>) => { exports: { __wbindgen_start(): void } };
};

type Bindings = typeof import("@prisma/schema-engine-wasm/schema_engine_bg");

/** One folder of `prisma/migrations`. */
export interface Migration {
  /** Folder name, such as `20260101000000_init`; the order of names is the order of migrations. */
  readonly name: string;
  /** Content of its `migration.sql`. */
  readonly sql: string;
  /** SHA-256 of `sql`, hexadecimal, as `_prisma_migrations.checksum` holds it. */
  readonly checksum: string;
}

/** Connects the engine to one database. */
export interface SchemaEngineTarget {
  /** The driver adapter's factory. */
  readonly factory: SqlMigrationAwareDriverAdapterFactory;
  /**
   * Runs several statements as one simple query, which PostgreSQL wraps in one transaction.
   *
   * The adapters' own `executeScript` do not serve: adapter-pg splits at every semicolon, those inside function bodies
   * included; the PGlite adapter does not wait for the end, so a migration that failed would count as applied.
   */
  executeScript(script: string): Promise<void>;
}

// Applying needs no models, but the engine panics without any schema.
const bareSchema = 'datasource db {\n  provider = "postgresql"\n}\n';
const filters = { externalTables: [], externalEnums: [] };

/** Reads all migrations of a folder, in order. Fails when a folder in it has no `migration.sql`. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(directory, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Applies the migrations that the database lacks and records them in `_prisma_migrations`, as `prisma migrate deploy`
 * does.
 *
 * @returns Names of those applied now.
 * @throws The engine's error when a migration fails; the failure is recorded too.
 */
export async function applyMigrations(target: SchemaEngineTarget, migrations: readonly Migration[]): Promise<string[]> {
  const engine = await startSchemaEngine(target, bareSchema);
  try {
    const result = await engine.applyMigrations({ migrationsList: toMigrationList(migrations), filters });
    return result.appliedMigrationNames;
  } finally {
    engine.free();
  }
}

/**
 * Writes the SQL that leads from the state after `migrations` to `schema`.
 *
 * @param target - An empty scratch database; the migrations are replayed there.
 * @param schema - Content of `schema.prisma`.
 * @returns The script; empty when nothing differs.
 */
export async function diffMigrations(
  target: SchemaEngineTarget,
  migrations: readonly Migration[],
  schema: string,
): Promise<string> {
  const files = [{ path: "schema.prisma", content: schema }];
  const engine = await startSchemaEngine(target, schema);
  try {
    const result = await engine.diff({
      from: { tag: "migrations", ...toMigrationList(migrations) },
      to: { tag: "schemaDatamodel", files },
      script: true,
      exitCode: null,
      filters,
    });
    const script = result.stdout ?? "";
    return script.includes("This is an empty migration") ? "" : script;
  } finally {
    engine.free();
  }
}

async function startSchemaEngine(target: SchemaEngineTarget, schema: string): Promise<SchemaEngine> {
  loadedBindings ??= loadBindings();
  const bindings = await loadedBindings;
  const factory = bindMigrationAwareSqlAdapterFactory(withWorkingScripts(target));
  return bindings.SchemaEngine.new({ datamodels: [["schema.prisma", schema]] }, () => undefined, factory);
}

// Once in a process: the bindings keep views of the first instance's memory and read rubbish with a second one.
let loadedBindings: Promise<Bindings> | undefined;

async function loadBindings(): Promise<Bindings> {
  const bindings = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const entry = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm");
  const module = new WebAssembly.Module(await readFile(entry.replace(/schema_engine\.js$/, "schema_engine_bg.wasm")));
  const imports = { ...bindings, ...withoutLingeringTimers(bindings) };
  const instance = new WebAssembly.Instance(module, { "./schema_engine_bg.js": imports });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings;
}

// The engine starts a timer of 10 s when it takes its lock and never clears it, so a process would end 10 s late.
function withoutLingeringTimers(bindings: Bindings): Record<string, typeof startTimer> {
  const names = Object.keys(bindings).filter((name) => name.startsWith("__wbg_setTimeout_"));
  return Object.fromEntries(names.map((name) => [name, startTimer]));
}

function startTimer(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(callback, milliseconds >>> 0).unref();
}

function withWorkingScripts(target: SchemaEngineTarget): SqlMigrationAwareDriverAdapterFactory {
  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await target.factory.connect();
    return {
      provider: adapter.provider,
      adapterName: adapter.adapterName,
      queryRaw: (query) => adapter.queryRaw(query),
      executeRaw: (query) => adapter.executeRaw(query),
      executeScript: (script) => runScript(target, script),
      startTransaction: (level) => adapter.startTransaction(level),
      getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
      dispose: () => adapter.dispose(),
    };
  };
  // The scratch database of `diff` is the target itself: whoever calls it brings an empty one.
  const { provider, adapterName } = target.factory;
  return { provider, adapterName, connect, connectToShadowDb: connect };
}

// Only an error of this class reaches the engine with its text, which it then keeps in `_prisma_migrations.logs`.
async function runScript(target: SchemaEngineTarget, script: string): Promise<void> {
  try {
    await target.executeScript(script);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const read = (key: string): string | undefined => {
      const value: unknown = Reflect.get(error, key);
      return typeof value === "string" ? value : undefined;
    };
    throw new DriverAdapterError({
      kind: "postgres",
      code: read("code") ?? "XX000",
      severity: read("severity") ?? "ERROR",
      message: error.message,
      detail: read("detail"),
      column: read("column"),
      hint: read("hint"),
    });
  }
}

function toMigrationList(migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: "/prisma/migrations",
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: sql } },
    })),
  };
}
