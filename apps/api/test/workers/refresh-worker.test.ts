import { type Clock, type KeyProvider, LocalKeyring, systemClock, TokenManager } from "@isthmus/core";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { newId } from "../../src/database/index.js";
import { RefreshWorker } from "../../src/workers/refresh-worker.js";
import { endedAt, LedgerConnections } from "../ledger/ledger-connections.js";
import { createLedgerServices } from "../ledger/ledger-services.js";
import { LedgerVendor } from "../ledger/ledger-vendor.js";
import { describeLongWork } from "../support/databases.js";
import { createTestTenant, type TestTenant } from "../support/test-data.js";

const minute = 60_000;
const keyring = LocalKeyring.parse(LocalKeyring.generate());

describeLongWork("RefreshWorker", (get) => {
  let vendor: LedgerVendor;
  let tenant: TestTenant;
  let connections: LedgerConnections;
  let logLines: string[];

  beforeAll(async () => {
    vendor = await LedgerVendor.start();
  });
  afterAll(() => vendor.close());
  // A tenant of its own for each test, and nothing else that is due.
  beforeEach(async () => {
    await get().queryPastGuards("delete from tenants where true returning 1");
    const { database } = get();
    tenant = await createTestTenant(database);
    connections = new LedgerConnections({ database, vault: open().services.vault, tenant, vendor });
    vendor.refuseWith = undefined;
    logLines = [];
  });

  /** The services of one process, and its worker. */
  function open(options: { keyProvider?: KeyProvider; clock?: Clock; slots?: number } = {}) {
    const { keyProvider = keyring, clock = systemClock, slots } = options;
    const logger = pino({ level: "debug" }, { write: (line: string) => void logLines.push(line) });
    const parts = { database: get().database, vendorHost: new URL(vendor.origin).host, journalFolder: "/unused" };
    const services = createLedgerServices({ ...parts, keyProvider, clock, logger });
    return { services, worker: new RefreshWorker({ ...services, ...(slots !== undefined && { slots }) }) };
  }
  const work = async (worker: RefreshWorker) => {
    const begun = await worker.beginDue();
    await worker.settle();
    return begun;
  };
  const sql = (text: string) => get().queryPastGuards(`${text} returning 1`);
  const stored = async (id: string) => {
    const record = await get().database.asSystem(({ tokens }) =>
      tokens.load({ tenantId: tenant.tenantId, connectorId: id }),
    );
    return { version: record.version, status: record.status, failures: record.failures, retryInMs: record.retryInMs };
  };
  const soon = () => ({ expiresAtMs: Date.now() + 3 * minute, refreshAtMs: Date.now() - 1_000 });

  it("TEST-009 renews ahead, so that an operation finds a fresh token and waits for nothing", async () => {
    const id = await connections.connector(soon());
    const { worker, services } = open();
    expect(await work(worker)).toBe(1);
    expect(vendor.seen(id).accepted).toBe(1);
    const row = await services.database.asTenant(tenant.tenantId, ({ connectors }) => connectors.findById(id));
    if (row === undefined) throw new Error("There is no row.");
    expect(await services.pool.use(row, (connector) => connector.connect())).toMatchObject({ id });
    expect(vendor.seen(id).accepted).toBe(1);
    expect(await work(worker)).toBe(0);
  });

  it("leaves alone what is not due, switched off, deleted, disconnected, or needs a person", async () => {
    await connections.connector(endedAt(Date.now() + 60 * minute));
    const others = ["is_active = false", "deleted_at = now()"];
    for (const change of others) {
      const id = await connections.connector();
      await sql(`update connectors set ${change} where id = '${id}'`);
    }
    const gone = await connections.connector();
    await sql(`update connector_tokens set status = 'reconnect_required' where connector_id = '${gone}'`);
    const disconnected = await connections.connector();
    await get().database.asTenant(tenant.tenantId, ({ connectorTokens }) => connectorTokens.clear(disconnected));
    expect(await work(open().worker)).toBe(0);
  });

  it("shares the work with other workers: each token is renewed once", async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => connections.connector()));
    const workers = [1, 2, 3].map(() => open({ slots: 10 }).worker);
    const begun = await Promise.all(workers.map(work));
    expect(begun).toEqual([10, 10, 10]);
    expect(ids.map((id) => vendor.seen(id))).toEqual(ids.map(() => ({ pair: 2, accepted: 1, reused: 0, refused: 0 })));
  });

  it("takes no more than it can call for at once", async () => {
    await Promise.all(Array.from({ length: 5 }, () => connections.connector()));
    const { worker } = open({ slots: 2 });
    expect([await worker.beginDue(), await worker.beginDue()]).toEqual([2, 0]);
    await worker.settle();
    expect(await work(worker)).toBe(2);
  });

  it("RISK-002 waits longer after each failure while the vendor is away, and stops at once when the grant is gone", async () => {
    const id = await connections.connector();
    const { worker } = open();
    vendor.refuseWith = 503;
    const pauses: number[] = [];
    for (let failures = 1; failures <= 4; failures += 1) {
      expect(await work(worker)).toBe(1);
      expect(await work(worker)).toBe(0);
      const record = await stored(id);
      expect(record).toMatchObject({ version: 1, status: "active", failures });
      pauses.push(record.retryInMs);
      await sql("update connector_tokens set retry_at = now()");
    }
    for (const [index, pauseMs] of pauses.entries()) {
      expect(pauseMs).toBeGreaterThan(400 * 2 ** index);
      expect(pauseMs).toBeLessThanOrEqual(1_000 * 2 ** index);
    }
    vendor.refuseWith = undefined;
    vendor.revoke(id);
    expect(await work(worker)).toBe(1);
    expect(await stored(id)).toMatchObject({ status: "reconnect_required" });
    await sql("update connector_tokens set retry_at = now()");
    expect(await work(worker)).toBe(0);
  });

  it("RISK-002 tells in log and outbox which connector needs a person, since when, and how to reconnect", async () => {
    const id = await connections.connector();
    vendor.revoke(id);
    const before = Date.now();
    await work(open().worker);
    const [row] = await get().queryPastGuards(`select type, payload from outbox_events where connector_id = '${id}'`);
    const alert = {
      connectorId: id,
      connectorCode: expect.stringMatching(/^connector-/),
      connectorName: "Salesforce sandbox",
      type: "ledger",
      reason: "RECONNECT_REQUIRED",
      since: expect.any(String),
      reconnect: { method: "POST", path: `/v1/connectors/${id}/authorize` },
    };
    expect(row).toEqual({ type: "connector.reconnect_required", payload: alert });
    const { since } = z.object({ since: z.iso.datetime() }).parse(row?.payload);
    expect(Date.parse(since)).toBeGreaterThanOrEqual(before);
    const logged = logLines.map((line) => JSON.parse(line)).find(({ connectorCode }) => connectorCode !== undefined);
    expect(logged).toMatchObject({ level: 50, tenantId: tenant.tenantId, ...alert });
    const audited = await get().queryPastGuards(
      `select action, details from audit_events where target_id = '${id}' order by id`,
    );
    expect(audited.map(({ action }) => action)).toEqual(["token.refresh_failed", "connector.reconnect_required"]);
    expect(JSON.stringify([row, audited, logLines])).not.toMatch(/[ar]\.[0-9a-f-]{36}\.\d/);
  });

  it("begins nothing whose result it could not seal: with the key away nothing is sent, and it is tried again", async () => {
    const id = await connections.connector();
    const { provider, currentKeyId, keyIds } = keyring;
    const fail = () => Promise.reject(new Error("away"));
    const away: KeyProvider = { provider, currentKeyId, keyIds, isCurrent: () => true, wrap: fail, unwrap: fail };
    expect(await work(open({ keyProvider: away }).worker)).toBe(1);
    expect(vendor.seen(id)).toMatchObject({ accepted: 0 });
    expect(await stored(id)).toMatchObject({ version: 1, status: "active", failures: 1 });
    await sql("update connector_tokens set retry_at = now()");
    expect(await work(open().worker)).toBe(1);
    expect(await stored(id)).toMatchObject({ version: 2 });
  });

  it("asks the vendor's policy about an attempt that somebody left behind, and sends its token to nobody", async () => {
    const id = await connections.connector();
    await get().database.asSystem(({ tokens }) => tokens.claimDue([newId()], 40_000));
    expect(await work(open().worker)).toBe(0);
    await sql("update connector_tokens set lease_until = now()");
    expect(await work(open().worker)).toBe(1);
    expect(await stored(id)).toMatchObject({ version: 1, status: "reconnect_required" });
    expect(vendor.seen(id)).toMatchObject({ accepted: 0, reused: 0 });
  });

  it.each([-5, 5])("TEST-009 bears a process whose clock is %i minutes off the database's", async (minutes) => {
    const id = await connections.connector();
    const clock = { ...systemClock, now: () => Date.now() + minutes * minute };
    const { worker } = open({ clock });
    expect(await work(worker)).toBe(1);
    expect(await work(worker)).toBe(0);
    const [row] = await get().queryPastGuards(
      `select extract(epoch from refresh_at - now()) / 60 as "inMinutes" from connector_tokens where connector_id = '${id}'`,
    );
    // An hour, less the margin of five minutes and up to one of jitter, as that clock sees it.
    expect(Number(row?.inMinutes)).toBeGreaterThan(54 + minutes - 0.5);
    expect(Number(row?.inMinutes)).toBeLessThan(55 + minutes + 0.5);
  });

  it("TEST-009 renews no more than every half minute, however far its clock is behind", async () => {
    const id = await connections.connector();
    const clock = { ...systemClock, now: () => Date.now() - 120 * minute };
    const { worker } = open({ clock });
    expect(await work(worker)).toBe(1);
    expect(await work(worker)).toBe(0);
    expect(vendor.seen(id).accepted).toBe(1);
  });

  it("leaves a connection alone that nothing can renew", async () => {
    const id = await connections.connector();
    const { services, worker } = open();
    const manager = new TokenManager({
      store: services.tokenStores.of(tenant.tenantId, id),
      client: { refresh: () => Promise.reject(new Error("unused")), grant: undefined },
      connection: { type: "ledger" },
    });
    await manager.accept({ accessToken: "a", tokenType: "Bearer", issuedAtMs: 0, attributes: {} });
    expect(await work(worker)).toBe(0);
    expect(await stored(id)).toMatchObject({ version: 2, status: "active" });
  });

  it("RISK-002 tries a connector that cannot be opened later each time, and tells somebody after a while", async () => {
    const id = await connections.connector();
    await sql(`update connectors set connector_type = 'removed' where id = '${id}'`);
    const { worker } = open();
    for (let failures = 1; failures <= 11; failures += 1) {
      expect(await work(worker)).toBe(1);
      expect(await work(worker)).toBe(0);
      expect(await stored(id)).toMatchObject({ status: "active", failures });
      await sql("update connector_tokens set retry_at = now()");
    }
    const told = await get().queryPastGuards(`select type, payload from outbox_events where connector_id = '${id}'`);
    expect(told).toMatchObject([
      {
        type: "connector.refresh_failing",
        payload: { connectorId: id, reason: "UNKNOWN_CONNECTOR_TYPE", failures: 10 },
      },
    ]);
    expect(logLines.some((line) => JSON.parse(line).level === 50 && line.includes("cannot be renewed"))).toBe(true);
    expect(vendor.seen(id)).toMatchObject({ accepted: 0 });
  });

  it("puts off an attempt that somebody left behind on a connector that cannot be opened", async () => {
    const id = await connections.connector();
    await get().database.asSystem(({ tokens }) => tokens.claimDue([newId()], 40_000));
    await sql(`update connectors set connector_type = 'removed' where id = '${id}'`);
    await sql("update connector_tokens set lease_until = now()");
    expect(await work(open().worker)).toBe(1);
    expect(await work(open().worker)).toBe(0);
    const { status, failures, retryInMs } = await stored(id);
    expect({ status, failures }).toEqual({ status: "active", failures: 1 });
    expect(retryInMs).toBeGreaterThan(0);
  });

  it("seals what a renewal brings under the tenant's present key, not under that of the old set", async () => {
    const id = await connections.connector();
    const { services, worker } = open();
    await sql("update data_keys set status = 'retired', retired_at = now()");
    await services.vault.seal("makes the next key", {
      tenantId: tenant.tenantId,
      table: "t",
      recordId: "r",
      field: "f",
    });
    expect(await work(worker)).toBe(1);
    const [row] = await get().queryPastGuards(
      `select k.status::text from connector_tokens t join data_keys k on k.id = t.tokens_key_id where connector_id = '${id}'`,
    );
    expect(row).toEqual({ status: "active" });
  });

  it("uses the live connector where there is one, and closes one that it has opened", async () => {
    const id = await connections.connector();
    const { services, worker } = open();
    const row = await get().database.asTenant(tenant.tenantId, ({ connectors }) => connectors.findById(id));
    if (row === undefined) throw new Error("There is no row.");
    await services.pool.use(row, async (live) => {
      await services.pool.visit(row, async (visited) => expect(visited).toBe(live));
    });
    await connections.connector();
    expect(await work(worker)).toBe(2);
    expect(services.pool.size).toBe(1);
  });

  it("runs until it is told to stop, and then until what it began is stored", async () => {
    const answered = Promise.withResolvers<void>();
    vendor.delay = () => answered.promise;
    const id = await connections.connector();
    const stopping = new AbortController();
    const arrived = vendor.arrival(id);
    const running = open().worker.run(stopping.signal);
    await arrived;
    stopping.abort();
    answered.resolve();
    await running;
    expect(await stored(id)).toMatchObject({ version: 2, status: "active" });
    vendor.delay = () => Promise.resolve();
  });
});
