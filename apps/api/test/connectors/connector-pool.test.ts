import { ConnectorFactory, EventBus, LocalKeyring, silentLogger, systemRandom, Vault } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SharedBudgets } from "../../src/budgets/shared-budgets.js";
import { ConnectorPool } from "../../src/connectors/connector-pool.js";
import { credentialsPlace } from "../../src/connectors/credentials-place.js";
import type { ConnectorRow } from "../../src/repositories/index.js";
import type { TokenStores } from "../../src/tokens/token-stores.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { useServerDatabase } from "../support/server-database.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";
import { createTokenStores } from "../support/token-stores.js";

describe("ConnectorPool", () => {
  const get = useServerDatabase();
  let tenant: TestTenant;
  let vault: Vault;
  let tokenStores: TokenStores;
  let nowMs = 0;

  beforeAll(async () => {
    const { database } = get();
    tenant = await createTestTenant(database);
    const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
    vault = new Vault({ keyProvider, dataKeys: new DatabaseDataKeyStore(database) });
    tokenStores = createTokenStores(database, vault);
  });
  beforeEach(() => {
    nowMs = 1_000_000;
  });

  const createPool = (limits: { maximum?: number; idleMs?: number } = {}, budgets?: SharedBudgets) =>
    new ConnectorPool(
      {
        vault,
        tokenStores,
        connectors: new ConnectorFactory([salesforce]),
        metrics: { vendorObserver: () => ({}) },
        events: new EventBus(),
        clock: { now: () => nowMs, sleep: () => Promise.resolve() },
        random: systemRandom,
        logger: silentLogger,
        allowedPrivateHosts: [],
        signal: new AbortController().signal,
        budgets,
      },
      limits,
    );

  const store = async (): Promise<ConnectorRow> => {
    const row = await connectorData()
      .with({ externalSystemUrl: "https://login.salesforce.com" })
      .create(get().database, tenant);
    const credentials = await vault.seal({ clientId: "client" }, credentialsPlace(tenant.tenantId, row.id));
    return { ...row, credentials };
  };
  const identity = async <Value>(value: Value) => value;

  it("hands out one live connector for one version, also to callers at once", async () => {
    const pool = createPool();
    const row = await store();
    const [first, second] = await Promise.all([pool.use(row, identity), pool.use(row, identity)]);
    expect(second).toBe(first);
    expect(await pool.use(row, identity)).toBe(first);
    expect(pool.size).toBe(1);
    await pool.close();
  });

  it("hands out one for each kind of work where processes share what the vendor allows, on the same connections", async () => {
    const clock = { now: () => nowMs, sleep: () => Promise.resolve() };
    const pool = createPool({}, new SharedBudgets({ database: get().database, clock }));
    const row = await store();
    const urgent = await pool.use(row, identity);
    const patient = await pool.use(row, identity, undefined, "backfill");
    expect(patient).not.toBe(urgent);
    expect(await pool.use(row, identity, undefined, "backfill")).toBe(patient);
    expect(await pool.use(row, identity, undefined, "sync")).not.toBe(patient);
    expect(patient.connection).toEqual(urgent.connection);
    expect(pool.size).toBe(1);
    await pool.close();
    const ended = patient.testConnection();
    await expect(ended).resolves.toMatchObject({ ok: false });
  });

  it("makes a new one when the connector has changed", async () => {
    const pool = createPool();
    const row = await store();
    const first = await pool.use(row, identity);
    const second = await pool.use({ ...row, version: row.version + 1 }, identity);
    expect(second).not.toBe(first);
    expect(pool.size).toBe(1);
    await pool.close();
  });

  it("closes a dropped connector only when its last user has finished", async () => {
    const pool = createPool();
    const row = await store();
    const closed: string[] = [];
    await pool.use(row, async (connector) => {
      const close = connector.close.bind(connector);
      connector.close = () => {
        closed.push("closed");
        return close();
      };
      pool.drop(row.id);
      expect(pool.size).toBe(0);
      expect(closed).toEqual([]);
    });
    await pool.close();
    expect(closed).toEqual(["closed"]);
  });

  it("keeps the most recently used up to its limit, and those in use above it", async () => {
    const pool = createPool({ maximum: 2 });
    const [a, b, c] = [await store(), await store(), await store()];
    const first = await pool.use(a, identity);
    await pool.use(b, identity);
    await pool.use(a, identity);
    await pool.use(c, identity);
    expect(pool.size).toBe(2);
    expect(await pool.use(a, identity)).toBe(first);
    await pool.use(a, () => pool.use(b, () => pool.use(c, async () => expect(pool.size).toBe(3))));
    await pool.close();
    expect(pool.size).toBe(0);
  });

  it("closes what was not used for a while", async () => {
    const pool = createPool({ idleMs: 1000 });
    const row = await store();
    const first = await pool.use(row, identity);
    nowMs += 999;
    pool.closeIdle();
    expect(await pool.use(row, identity)).toBe(first);
    nowMs += 1000;
    pool.closeIdle();
    expect(pool.size).toBe(0);
    expect(await pool.use(row, identity)).not.toBe(first);
    await pool.close();
  });

  it("does not remember a failure to open", async () => {
    const pool = createPool();
    const row = await store();
    const broken = { ...row, credentials: { ...row.credentials, tag: "AAAAAAAAAAAAAAAAAAAAAA" } };
    await expect(pool.use(broken, identity)).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    expect(pool.size).toBe(0);
    await expect(pool.use({ ...row, credentials: null }, identity)).rejects.toMatchObject({
      code: "CREDENTIALS_MISSING",
    });
    expect((await pool.use(row, identity)).connection.connectorId).toBe(row.id);
    await pool.close();
  });
});
