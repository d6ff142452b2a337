import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring, Vault } from "@isthmus/core";
import type pg from "pg";
import { TokenJournal } from "../../../src/tokens/token-journal.js";
import { DatabaseDataKeyStore } from "../../../src/vault/database-data-key-store.js";
import { endedAt, LedgerConnections } from "../../ledger/ledger-connections.js";
import { LedgerVendor } from "../../ledger/ledger-vendor.js";
import type { ServerDatabase } from "../../support/server-database.js";
import { createTestTenant, type TestTenant } from "../../support/test-data.js";
import { TokenProcess } from "./start-token-process.js";
import type { FaultPoint } from "./token-process-messages.js";

/** What the database holds of a connector. */
export interface StoredState {
  readonly tokenStatus: string;
  readonly connectorStatus: string;
  readonly version: number;
  /** Types of what was told to the outside of it, in order. */
  readonly outbox: readonly string[];
}

/** One tenant with connectors to one strict vendor, on one PostgreSQL, for processes that come and go. */
export class FaultBench {
  readonly vendor: LedgerVendor;
  readonly tenant: TestTenant;
  readonly journalFolder: string;
  readonly #server: ServerDatabase;
  readonly #keys: string;
  readonly #connections: LedgerConnections;

  private constructor(
    server: ServerDatabase,
    parts: { readonly vendor: LedgerVendor; readonly tenant: TestTenant; readonly journalFolder: string },
  ) {
    this.#server = server;
    this.vendor = parts.vendor;
    this.tenant = parts.tenant;
    this.journalFolder = parts.journalFolder;
    this.#keys = LocalKeyring.generate();
    const { database } = server;
    const dataKeys = new DatabaseDataKeyStore(database);
    const vault = new Vault({ keyProvider: LocalKeyring.parse(this.#keys), dataKeys });
    this.#connections = new LedgerConnections({ database, vault, ...parts });
  }

  static async open(server: ServerDatabase): Promise<FaultBench> {
    return new FaultBench(server, {
      vendor: await LedgerVendor.start(),
      tenant: await createTestTenant(server.database),
      journalFolder: await mkdtemp(join(tmpdir(), "isthmus-token-journal-")),
    });
  }

  async close(): Promise<void> {
    await this.vendor.close();
    for (const folder of [this.journalFolder, `${this.journalFolder}-elsewhere`]) {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** A process over the same database. */
  start(stopAt?: FaultPoint): Promise<TokenProcess> {
    return this.#start(this.journalFolder, stopAt);
  }

  /** A process on another machine: the same database, another disk. */
  startElsewhere(): Promise<TokenProcess> {
    return this.#start(`${this.journalFolder}-elsewhere`, undefined);
  }

  #start(journalFolder: string, stopAt: FaultPoint | undefined): Promise<TokenProcess> {
    return TokenProcess.start({
      database: { url: this.#server.url },
      keys: this.#keys,
      vendorHost: new URL(this.vendor.origin).host,
      tenantId: this.tenant.tenantId,
      journalFolder,
      ...(stopAt !== undefined && { stopAt }),
    });
  }

  /** A connector that a person has authorised and whose access token has just ended. Its id is the grant's, too. */
  connector(): Promise<string> {
    return this.#connections.connector();
  }

  /** As a person does who authorises it anew. */
  authorise(connectorId: string): Promise<void> {
    return this.#connections.authorise(connectorId, endedAt(Date.now() + 3_600_000));
  }

  /** Lets every pause after a failure end, as time would. */
  async endPauses(): Promise<void> {
    await this.#asSuperuser((client) => client.query("update connector_tokens set retry_at = null"));
  }

  /** Stops PostgreSQL as an administrator would. */
  stopDatabase(): Promise<void> {
    return this.#server.server.stop();
  }

  startDatabase(): Promise<void> {
    return this.#server.server.start();
  }

  /** What waits for the database. */
  journal(): Promise<readonly string[]> {
    return new TokenJournal(this.journalFolder).list();
  }

  /** Lets every lease run out, as time would: leases are the database's own. */
  async endLeases(): Promise<void> {
    await this.#asSuperuser((client) =>
      client.query("update connector_tokens set lease_until = now() - interval '1 ms' where lease_until > now()"),
    );
  }

  async stored(connectorId: string): Promise<StoredState> {
    const [row] = await this.#asSuperuser(
      async (client) =>
        (
          await client.query<StoredState>(
            `select t.status::text as "tokenStatus", c.status::text as "connectorStatus", t.version,
               array(select type from outbox_events o where o.connector_id = c.id order by o.id) as outbox
             from connectors c join connector_tokens t on t.connector_id = c.id where c.id = $1`,
            [connectorId],
          )
        ).rows,
    );
    if (row === undefined) throw new Error("The connector's row is lost.");
    return row;
  }

  async #asSuperuser<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = await this.#server.server.connectAsSuperuser(this.#server.url);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}
