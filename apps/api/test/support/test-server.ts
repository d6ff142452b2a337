import type pg from "pg";
import { inject } from "vitest";
import { ask } from "./keeper-http.js";
import { manageDatabases, templateName } from "./server-databases.js";

/** A PostgreSQL server as a test file has it. */
export interface TestServer {
  /** Makes a database that an ordinary role owns: no superuser, so row-level security binds it. */
  createDatabase(): Promise<string>;
  /** Connects as the server's superuser, for what a test has to see past all guards. */
  connectAsSuperuser(url: string): Promise<pg.Client>;
  /** Shuts the server down as an administrator would, keeping its data. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Removes what the test file made; a server of its own is stopped and its data removed. */
  destroy(): Promise<void>;
}

/** What a test may want of a server of its own. */
export interface TestServerOptions {
  /** A server straight from initdb: without our roles, and its databases without migrations. Default: false. */
  readonly empty?: boolean;
}

/**
 * Starts a PostgreSQL server of the test file's own, which it may stop and start. Its databases are migrated already,
 * unless it is to be `empty`.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const origin = await findKeeper();
  const { id, adminUrl } = await ask(origin, options.empty ? "/own-empty" : "/own");
  const { create, connectAsSuperuser } = manageDatabases(String(adminUrl));
  const tell = async (what: string) => {
    await ask(origin, `/${what}/${id}`);
  };
  return {
    createDatabase: () => create(undefined, options.empty ? undefined : templateName),
    connectAsSuperuser,
    stop: () => tell("stop"),
    start: () => tell("start"),
    destroy: () => tell("destroy"),
  };
}

/** The server of the whole run: a database of one's own in it is migrated already and costs 0.1 s. */
export async function useSharedServer(): Promise<TestServer> {
  const { adminUrl } = await ask(await findKeeper(), "/shared");
  return withoutStopping(String(adminUrl), templateName);
}

/** The server that `TEST_DATABASE_URL` names (a superuser's URL), with empty databases. */
export function useExternalServer(url: string): TestServer {
  return withoutStopping(url, undefined);
}

function withoutStopping(adminUrl: string, template: string | undefined): TestServer {
  const { create, connectAsSuperuser, dropAll } = manageDatabases(adminUrl);
  const refuse = () => Promise.reject(new Error("A test may not stop a server that others use."));
  return {
    createDatabase: () => create(undefined, template),
    connectAsSuperuser,
    stop: refuse,
    start: refuse,
    destroy: dropAll,
  };
}

/** Where the snapshot of a migrated embedded database is, made once in the run. */
export async function makeEmbeddedSnapshot(): Promise<string> {
  return String((await ask(await findKeeper(), "/snapshot")).path);
}

async function findKeeper(): Promise<string> {
  return String((await ask(inject("databaseKeeper"), "/")).origin);
}
