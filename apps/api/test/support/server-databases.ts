import { randomBytes } from "node:crypto";
import pg from "pg";

/** The migrated database of the run's own servers, from which the others are copied. */
export const templateName = "isthmus_template";

const owner = { user: "isthmus_owner", password: "owner" };

/** The databases that tests make on one server. */
export interface ServerDatabases {
  /**
   * Makes a database that an ordinary role owns: no superuser, so row-level security binds it.
   *
   * @param name - Default: a new one.
   * @param template - The database to copy. Default: an empty one.
   * @returns URL of its owner.
   */
  create(name?: string, template?: string): Promise<string>;
  /** Connects as the server's superuser to the database of `url`. */
  connectAsSuperuser(url: string): Promise<pg.Client>;
  /** Removes all that {@link create} made. */
  dropAll(): Promise<void>;
}

/** Manages databases over the URL of a superuser. */
export function manageDatabases(adminUrl: string): ServerDatabases {
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
    async create(name = `isthmus_test_${randomBytes(6).toString("hex")}`, template = "template1") {
      await asAdmin(async (client) => {
        await client.query(`do $$ begin
          create role ${owner.user} login createrole password '${owner.password}';
        exception when duplicate_object or unique_violation then null; end $$`);
        // Copying files is faster than writing each block to the log, where nothing is synchronised.
        await client.query(`create database ${name} owner ${owner.user} template ${template} strategy file_copy`);
      });
      names.push(name);
      const url = new URL(adminUrl);
      url.username = owner.user;
      url.password = owner.password;
      url.pathname = `/${name}`;
      return url.href;
    },
    async connectAsSuperuser(url) {
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
