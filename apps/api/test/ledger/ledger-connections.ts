import type { TokenSet, Vault } from "@isthmus/core";
import { credentialsPlace } from "../../src/connectors/credentials-place.js";
import { type Database, newId } from "../../src/database/index.js";
import { connectorData, type TestTenant } from "../support/test-data.js";
import { createTokenStores } from "../support/token-stores.js";
import type { LedgerVendor } from "./ledger-vendor.js";

/** When a token set ends, and when it is to be renewed. Epoch milliseconds. */
export interface TokenTimes {
  readonly expiresAtMs: number;
  readonly refreshAtMs: number;
}

/** What connectors are made with. */
export interface LedgerConnectionsOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly tenant: TestTenant;
  readonly vendor: LedgerVendor;
}

/** Makes connectors to the ledger that a person has authorised. The id of a connector is its grant's, too. */
export class LedgerConnections {
  readonly #options: LedgerConnectionsOptions;

  constructor(options: LedgerConnectionsOptions) {
    this.#options = options;
  }

  /** A new connector. @param times - Default: its access token has just ended. */
  async connector(times: TokenTimes = endedAt(Date.now() - 1_000)): Promise<string> {
    const { database, vault, tenant, vendor } = this.#options;
    const id = newId();
    const credentials = await vault.seal({}, credentialsPlace(tenant.tenantId, id));
    const url = vendor.origin;
    const changes = { id, connectorType: "ledger", externalSystemUrl: url, configuration: { url }, credentials };
    await connectorData().with(changes).create(database, tenant);
    await this.authorise(id, times);
    return id;
  }

  /** As a person does who authorises it, for the first time or anew. */
  async authorise(connectorId: string, { expiresAtMs, refreshAtMs }: TokenTimes): Promise<void> {
    const { database, vault, tenant, vendor } = this.#options;
    const store = createTokenStores(database, vault).of(tenant.tenantId, connectorId);
    const begun = await store.begin({ purpose: "authorize", version: 0, leaseMs: 40_000 });
    if (begun.outcome !== "begun") throw new Error(begun.outcome);
    const times = { issuedAtMs: expiresAtMs - 3_600_000, expiresAtMs };
    const tokens: TokenSet = { ...vendor.connect(connectorId), ...times, tokenType: "Bearer", attributes: {} };
    await store.commit(begun.attemptId, { tokens, refreshAtMs });
  }
}

/** Of a set that ends then and is to be renewed five minutes before. */
export function endedAt(expiresAtMs: number): TokenTimes {
  return { expiresAtMs, refreshAtMs: expiresAtMs - 300_000 };
}
