import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { silentLogger } from "@isthmus/core";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateEmbedded, openEmbedded } from "../../src/database/embedded.js";
import { createEmbeddedAdapter } from "../../src/database/embedded-adapter.js";
import { findMigrationsFolder } from "../../src/database/migrations-folder.js";
import { applyMigrations, diffMigrations, readMigrations } from "../../src/database/schema-engine.js";
import { migrateServer } from "../../src/database/server.js";
import { startTestServer, type TestServer } from "../support/databases.js";

const options = { logger: silentLogger };
const readApplied = "select migration_name, checksum from _prisma_migrations where finished_at is not null order by 1";

describe("migrations (embedded)", () => {
  let pglite: PGlite;
  /** The data directory that initdb made, which takes it 2 s. */
  let empty: Blob;

  beforeAll(async () => {
    pglite = await PGlite.create();
    empty = await pglite.dumpDataDir("none");
  });
  afterAll(() => pglite.close());

  const target = () => ({
    factory: createEmbeddedAdapter(pglite),
    executeScript: async (script: string) => {
      await pglite.exec(script);
    },
  });

  it("lead from an empty database to schema.prisma, and a second run does nothing", async () => {
    await migrateEmbedded(pglite, options);
    const migrations = await readMigrations(findMigrationsFolder());
    const { rows } = await pglite.query(readApplied);
    expect(rows).toEqual(migrations.map(({ name, checksum }) => ({ migration_name: name, checksum })));
    await migrateEmbedded(pglite, options);
    expect((await pglite.query(readApplied)).rows).toEqual(rows);
    // Prisma's own engine agrees that it has nothing to do.
    expect(await applyMigrations(target(), migrations)).toEqual([]);
  });

  it("are complete: nothing in schema.prisma is missing from them", async () => {
    const scratch = await PGlite.create({ loadDataDir: empty });
    const scratchTarget = {
      factory: createEmbeddedAdapter(scratch),
      executeScript: async (script: string) => {
        await scratch.exec(script);
      },
    };
    const migrations = await readMigrations(findMigrationsFolder());
    const schema = await readFile(new URL("../../../../prisma/schema.prisma", import.meta.url), "utf8");
    expect(await diffMigrations(scratchTarget, migrations, schema)).toBe("");
    await scratch.close();
  });

  it("refuse to start when the text of an applied one has changed", async () => {
    await pglite.exec("update _prisma_migrations set checksum = 'edited' where migration_name like '%_init'");
    await expect(migrateEmbedded(pglite, options)).rejects.toMatchObject({
      code: "MIGRATION_CHANGED",
      retryable: false,
      message: expect.stringContaining("_init"),
    });
  });

  it("report the database's own words when one fails, and refuse the next start until it is resolved", async () => {
    const broken = [{ name: "20990101000000_broken", sql: "create table half (id int); select 1/0;", checksum: "x" }];
    await pglite.exec("delete from _prisma_migrations");
    await expect(applyMigrations(target(), broken)).rejects.toThrow(/division by zero/);
    const half = await pglite.query("select to_regclass('half')::text as name");
    expect(half.rows).toEqual([{ name: null }]);
    await expect(migrateEmbedded(pglite, options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringContaining("20990101000000_broken"),
    });
  });
});

describe("a new embedded database", () => {
  it("is begun anew when its first start was killed half-way", async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), "isthmus-embedded-"));
    const first = await openEmbedded(dataDirectory, options);
    await first.close();
    await writeFile(join(dataDirectory, "creating"), "");
    await rm(join(dataDirectory, "postgres", "global"), { recursive: true });
    const second = await openEmbedded(dataDirectory, options);
    expect(await second.prisma.tenant.count()).toBe(0);
    await second.close();
    await rm(dataDirectory, { recursive: true });
  });
});

describe("migrations (server)", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ empty: true });
  });
  afterAll(() => server.destroy());

  async function withSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await server.connectAsSuperuser(url);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  it("run once when several processes start together on one database", async () => {
    const url = await server.createDatabase();
    await Promise.all(Array.from({ length: 4 }, () => migrateServer(url, options)));
    const migrations = await readMigrations(findMigrationsFolder());
    const { rows } = await withSuperuser(url, (client) => client.query(readApplied));
    expect(rows).toEqual(migrations.map(({ name, checksum }) => ({ migration_name: name, checksum })));
  });

  it("run side by side on two new databases, whose roles are the same ones of the server", async () => {
    const urls = await Promise.all([server.createDatabase(), server.createDatabase(), server.createDatabase()]);
    await Promise.all(urls.map((url) => migrateServer(url, options)));
    const migrations = await readMigrations(findMigrationsFolder());
    for (const url of urls) {
      const { rows } = await withSuperuser(url, (client) => client.query(readApplied));
      expect(rows).toHaveLength(migrations.length);
    }
  });

  it("wait for a process that is migrating, whose unfinished record is not a failure", async () => {
    const url = await server.createDatabase();
    await migrateServer(url, options);
    await withSuperuser(url, async (rival) => {
      // The rival holds Prisma's lock and has begun a migration that is not in our folder.
      await rival.query("select pg_advisory_lock(72707369)");
      await rival.query(`insert into _prisma_migrations (id, checksum, migration_name, started_at)
        values ('r', 'r', '20990101000000_rival', now())`);
      const waiting = migrateServer(url, options);
      await expect
        .poll(
          async () =>
            (await rival.query("select 1 from pg_locks where locktype = 'advisory' and not granted")).rowCount,
        )
        .toBe(1);
      await rival.query("update _prisma_migrations set finished_at = now()");
      await rival.query("select pg_advisory_unlock(72707369)");
      await waiting;
    });
  });

  it("answer DATABASE_UNAVAILABLE when there is no server", async () => {
    const url = new URL(await server.createDatabase());
    url.port = "1";
    await expect(migrateServer(url.href, options)).rejects.toMatchObject({
      code: "DATABASE_UNAVAILABLE",
      retryable: true,
    });
  });
});
