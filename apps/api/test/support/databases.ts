import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import { silentLogger } from "@isthmus/core";
import { afterAll, beforeAll, describe } from "vitest";
import type { Connection } from "../../src/database/connection.js";
import { migrateEmbedded } from "../../src/database/embedded.js";
import { createEmbeddedAdapter } from "../../src/database/embedded-adapter.js";
import { createDatabase, type Database } from "../../src/database/open-database.js";
import { openServer } from "../../src/database/server.js";
import { readSnapshot } from "../../src/database/snapshot.js";
import { transactionSystemRunner } from "../../src/database/system-queries.js";
import { embeddedTenantLanes } from "../../src/database/tenant-lanes.js";
import { embeddedTenantReads } from "../../src/database/tenant-reads.js";
import { PrismaClient } from "../../src/generated/prisma/client.js";
import { makeEmbeddedSnapshot, type TestServer, useExternalServer, useSharedServer } from "./test-server.js";

export { startTestServer, type TestServer } from "./test-server.js";

// PGlite lives for seconds here: V8's optimising compiler would take more time of both cores than its code ever saves.
setFlagsFromString("--liftoff-only");

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

/**
 * Runs a suite on every kind of database: embedded PGlite, a PostgreSQL server, and the server of `TEST_DATABASE_URL`
 * where that is set. Each gets a new, migrated database, opened before its tests and removed after them. The
 * embedded one is in memory: what a data directory is about has its own tests.
 */
export function describeOnDatabases(title: string, suite: (get: () => SuiteDatabase) => void): void {
  describeEmbedded(title, suite);
  describeOnServers(title, suite);
}

/** The same on the embedded database only: its clock is this process's, which a test can set. */
export function describeEmbedded(title: string, suite: (get: () => SuiteDatabase) => void): void {
  describe(`${title} (embedded)`, () => {
    suite(useSuiteDatabase(openInMemory));
  });
}

/**
 * The same for a suite about work that goes on for long or about HTTP, and not about its SQL, which has suites of its own:
 * on the embedded database in the long rounds only (`pnpm test:soak`), because PGlite takes several times the processor.
 */
export function describeLongWork(title: string, suite: (get: () => SuiteDatabase) => void): void {
  if (process.env.ISTHMUS_LONG_ROUNDS === undefined) describeOnServers(title, suite);
  else describeOnDatabases(title, suite);
}

function describeOnServers(title: string, suite: (get: () => SuiteDatabase) => void): void {
  describe(`${title} (server)`, () => {
    suite(useSuiteDatabase(() => openOnServer(useSharedServer())));
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

async function openInMemory(): Promise<OpenedConnection> {
  // The build's, when it has the migrations at hand.
  const snapshot = (await readSnapshot()) ?? new Blob([new Uint8Array(await readFile(await makeEmbeddedSnapshot()))]);
  const pglite = await PGlite.create({ loadDataDir: snapshot });
  await migrateEmbedded(pglite, { logger: silentLogger });
  const prisma = new PrismaClient({ adapter: createEmbeddedAdapter(pglite), errorFormat: "minimal" });
  return {
    connection: {
      kind: "embedded",
      prisma,
      asSystem: transactionSystemRunner(prisma),
      readAsTenant: embeddedTenantReads(prisma),
      openLane: embeddedTenantLanes(prisma),
      async close() {
        await prisma.$disconnect();
        await pglite.close();
      },
    },
    // The embedded database's user is a superuser.
    queryPastGuards: (sql, ...values) => prisma.$queryRawUnsafe(sql, ...values),
    remove: () => Promise.resolve(),
  };
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
