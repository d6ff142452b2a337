import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring, type TokenSet, Vault } from "@isthmus/core";
import type pg from "pg";
import { credentialsPlace } from "../../../src/connectors/credentials-place.js";
import { type Database, newId } from "../../../src/database/index.js";
import { TokenJournal } from "../../../src/tokens/token-journal.js";
import { DatabaseDataKeyStore } from "../../../src/vault/database-data-key-store.js";
import type { ServerDatabase } from "../../support/server-database.js";
import { connectorData, createTestTenant, type TestTenant } from "../../support/test-data.js";
import { createTokenStores } from "../../support/token-stores.js";
import { LedgerVendor } from "./ledger-vendor.js";
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
  readonly #vault: Vault;

  private constructor(
    server: ServerDatabase,
    parts: { readonly vendor: LedgerVendor; readonly tenant: TestTenant; readonly journalFolder: string },
  ) {
    this.#server = server;
    this.vendor = parts.vendor;
    this.tenant = parts.tenant;
    this.journalFolder = parts.journalFolder;
    this.#keys = LocalKeyring.generate();
    const dataKeys = new DatabaseDataKeyStore(server.database);
    this.#vault = new Vault({ keyProvider: LocalKeyring.parse(this.#keys), dataKeys });
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
    await rm(this.journalFolder, { recursive: true, force: true });
  }

  /** A process over the same database. */
  start(stopAt?: FaultPoint): Promise<TokenProcess> {
    return TokenProcess.start({
      databaseUrl: this.#server.url,
      keys: this.#keys,
      vendorHost: new URL(this.vendor.origin).host,
      tenantId: this.tenant.tenantId,
      journalFolder: this.journalFolder,
      ...(stopAt !== undefined && { stopAt }),
    });
  }

  /** A connector that a person has authorised and whose access token has just ended. Its id is the grant's, too. */
  async connector(): Promise<string> {
    const id = newId();
    const { tenantId } = this.tenant;
    const credentials = await this.#vault.seal({}, credentialsPlace(tenantId, id));
    const url = this.vendor.origin;
    const changes = { id, connectorType: "ledger", externalSystemUrl: url, configuration: { url }, credentials };
    await connectorData().with(changes).create(this.#database, this.tenant);
    await this.authorise(id, Date.now() - 1_000);
    return id;
  }

  /** As a person does who authorises it, for the first time or anew. */
  async authorise(connectorId: string, expiresAtMs: number): Promise<void> {
    const store = createTokenStores(this.#database, this.#vault).of(this.tenant.tenantId, connectorId);
    const begun = await store.begin({ purpose: "authorize", version: 0, leaseMs: 40_000 });
    if (begun.outcome !== "begun") throw new Error(begun.outcome);
    const times = { issuedAtMs: expiresAtMs - 3_600_000, expiresAtMs };
    const pair = this.vendor.connect(connectorId);
    const tokens: TokenSet = { ...pair, ...times, tokenType: "Bearer", attributes: {} };
    await store.commit(begun.attemptId, { tokens, refreshAtMs: expiresAtMs - 300_000 });
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

  get #database(): Database {
    return this.#server.database;
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
