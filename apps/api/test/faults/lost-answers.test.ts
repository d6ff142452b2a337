import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, DatabaseUnavailableError } from "../../src/database/index.js";
import type { SystemRepository } from "../../src/repositories/index.js";
import type { Services } from "../../src/services.js";
import { replayJournal } from "../../src/tokens/journal-replay.js";
import { RefreshWorker } from "../../src/workers/refresh-worker.js";
import { LedgerConnections } from "../ledger/ledger-connections.js";
import { createLedgerServices } from "../ledger/ledger-services.js";
import { LedgerVendor } from "../ledger/ledger-vendor.js";
import { useServerDatabase } from "../support/server-database.js";
import { createTestTenant, type TestTenant } from "../support/test-data.js";

type TokenFunctions = SystemRepository["tokens"];

// The database has done what it was told, or has not, and its answer does not arrive: the hardest thing to be right about.
describe("SEC-002 a database whose answers are lost or late", () => {
  const get = useServerDatabase();
  const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
  let vendor: LedgerVendor;
  let folder: string;
  let tenant: TestTenant;
  let connections: LedgerConnections;
  let nowMs: number;

  beforeAll(async () => {
    vendor = await LedgerVendor.start();
  });
  afterAll(() => vendor.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "isthmus-lost-answers-"));
    nowMs = Date.now();
    await superuser("delete from tenants");
    tenant = await createTestTenant(get().database);
    const { vault } = process();
    connections = new LedgerConnections({ database: get().database, vault, tenant, vendor });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function superuser(sql: string): Promise<void> {
    const client = await get().server.connectAsSuperuser(get().url);
    await client.query(sql);
    await client.end();
  }
  const endLeases = () => superuser("update connector_tokens set lease_until = now() where lease_until > now()");
  const endPauses = () => superuser("update connector_tokens set retry_at = null");

  /** The services of one process of this machine; `between` stands between it and the database. */
  function process(between: (tokens: TokenFunctions) => Partial<TokenFunctions> = () => ({}), slowMs = 0): Services {
    const { database: real } = get();
    const late = async <Result>(work: () => Promise<Result>) => {
      const result = await work();
      if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
      return result;
    };
    const database: Database = {
      ...real,
      asSystem: (work) =>
        real.asSystem((system) => work({ ...system, tokens: { ...system.tokens, ...between(system.tokens) } })),
      asTenant: (tenantId, work) => late(() => real.asTenant(tenantId, work)),
    };
    const vendorHost = new URL(vendor.origin).host;
    const clock = {
      now: () => nowMs,
      sleep: (ms: number) => {
        nowMs += ms;
        return Promise.resolve();
      },
    };
    return createLedgerServices({ database, keyProvider, vendorHost, journalFolder: folder, clock });
  }
  const work = async (services: Services) => {
    const worker = new RefreshWorker(services);
    const begun = await worker.beginDue().catch((error: unknown) => error);
    await worker.settle();
    return begun;
  };
  const stored = (connectorId: string) =>
    get().database.asSystem(({ tokens }) => tokens.load({ tenantId: tenant.tenantId, connectorId }));
  const away = () => Promise.reject(new DatabaseUnavailableError("test"));

  it("keeps a successor in the journal whoever gives the connection up, however slowly the database takes that", async () => {
    const id = await connections.connector();
    await work(process(() => ({ land: away, landPlain: away })));
    expect(await process().journal.list()).toHaveLength(1);
    await endLeases();
    const [attemptId = ""] = await process().journal.list();
    // As on another machine, which cannot read this journal; its database takes its time.
    const elsewhere = process(() => ({}), 400);
    elsewhere.journal.read = () => Promise.resolve(undefined);
    const store = elsewhere.tokenStores.of(tenant.tenantId, id);
    await store.abandon(attemptId, { outcome: "given_up", code: "OUTCOME_UNKNOWN" });
    expect(await stored(id)).toMatchObject({ version: 1, status: "reconnect_required" });
    expect(await process().journal.list()).toEqual([attemptId]);

    expect(await replayJournal(process())).toBe(0);
    expect(await stored(id)).toMatchObject({ version: 2, status: "active" });
    expect(vendor.seen(id)).toMatchObject({ accepted: 1, reused: 0 });
  });

  it("gives nothing up whose end its own journal knows", async () => {
    const id = await connections.connector();
    await work(process(() => ({ land: away, landPlain: away })));
    await endLeases();
    const row = await get().database.asTenant(tenant.tenantId, ({ connectors }) => connectors.findById(id));
    if (row === undefined) throw new Error("There is no row.");
    expect(await process().pool.use(row, (connector) => connector.connect())).toMatchObject({ id });
    expect(await stored(id)).toMatchObject({ version: 2, status: "active", failures: 0 });
    expect(vendor.seen(id)).toMatchObject({ accepted: 1, reused: 0 });
  });

  it("frees every claim whose answer was lost: for none of them was anything sent", async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => connections.connector()));
    const lost = process((tokens) => ({
      claimDue: async (attemptIds, leaseMs) => {
        await tokens.claimDue(attemptIds, leaseMs);
        return away();
      },
    }));
    expect(await work(lost)).toBeInstanceOf(DatabaseUnavailableError);
    await endLeases();
    // Some are given up, on another machine, before anybody hears of it.
    for (const id of ids.slice(0, 2)) {
      const store = process().tokenStores.of(tenant.tenantId, id);
      const claim = await store.begin({ purpose: "refresh", version: 1, leaseMs: 1_000 });
      if (claim.outcome !== "ambiguous") throw new Error(claim.outcome);
      const givenUp = { outcome: "given_up", code: "OUTCOME_UNKNOWN" } as const;
      await get().database.asTenant(tenant.tenantId, ({ connectorTokens }) =>
        connectorTokens.abandon(id, claim.attemptId, givenUp),
      );
      expect(await stored(id)).toMatchObject({ status: "reconnect_required" });
    }
    // Told again until the database can no longer be at work at the claim.
    expect(await replayJournal(process())).toBe(1);
    nowMs += 20_000;
    expect(await replayJournal(process())).toBe(0);
    await endPauses();
    expect(await work(process())).toBe(20);
    for (const id of ids) {
      expect(await stored(id)).toMatchObject({ version: 2, status: "active" });
      expect(vendor.seen(id)).toMatchObject({ accepted: 1, reused: 0 });
    }
  });

  it("frees an operation's claim whose answer was lost", async () => {
    const id = await connections.connector();
    const lost = process((tokens) => ({
      claim: async (place, request) => {
        await tokens.claim(place, request);
        return away();
      },
    }));
    const store = lost.tokenStores.of(tenant.tenantId, id);
    await expect(store.begin({ purpose: "refresh", version: 1, leaseMs: 40_000 })).rejects.toThrow("test");
    await replayJournal(process());
    const again = await process()
      .tokenStores.of(tenant.tenantId, id)
      .begin({ purpose: "refresh", version: 1, leaseMs: 1 });
    expect(again.outcome).toBe("begun");
  });

  it("does not keep what a person is told has failed", async () => {
    const id = await connections.connector();
    const store = process(() => ({ land: away })).tokenStores.of(tenant.tenantId, id);
    const begun = await store.begin({ purpose: "authorize", version: 1, leaseMs: 40_000 });
    if (begun.outcome !== "begun") throw new Error(begun.outcome);
    const tokens = { ...vendor.connect(id), tokenType: "Bearer", issuedAtMs: 0, attributes: {} };
    await expect(store.commit(begun.attemptId, { tokens, refreshAtMs: undefined })).rejects.toThrow("test");
    expect(await process().journal.list()).toEqual([]);
  });
});
