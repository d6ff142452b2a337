import { silentLogger } from "@isthmus/core";
import { afterAll, beforeAll } from "vitest";
import { type Database, openDatabase } from "../../src/database/index.js";
import { startTestServer, type TestServer } from "./databases.js";

/** A PostgreSQL of the file's own, for suites that are about something else than the database. */
export interface ServerDatabase {
  readonly server: TestServer;
  readonly url: string;
  readonly database: Database;
}

/** Starts it before the tests of the present `describe` and removes it after them. */
export function useServerDatabase(): () => ServerDatabase {
  let opened: ServerDatabase | undefined;
  beforeAll(async () => {
    const server = await startTestServer();
    const url = await server.createDatabase();
    opened = { server, url, database: await openDatabase({ url, logger: silentLogger }) };
  });
  afterAll(async () => {
    await opened?.database.close();
    await opened?.server.destroy();
  });
  return () => {
    if (opened === undefined) throw new Error("The database is opened before the tests run.");
    return opened;
  };
}
