import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring } from "@isthmus/core";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Database, DatabaseUnavailableError, newId } from "../../src/database/index.js";
import type { SystemTokenRepository } from "../../src/repositories/index.js";
import { replayJournal } from "../../src/tokens/journal-replay.js";
import { RefreshWorker } from "../../src/workers/refresh-worker.js";
import { LedgerConnections } from "../ledger/ledger-connections.js";
import { createLedgerServices } from "../ledger/ledger-services.js";
import { LedgerVendor } from "../ledger/ledger-vendor.js";
import { useServerDatabase } from "../support/server-database.js";
import { createTestTenant, type TestTenant } from "../support/test-data.js";

// A worker's results land together. What befalls one of them, its row or its tenant, is no matter of the others.
describe("SEC-002 sets of many connectors that come from the vendors at once", () => {
  const get = useServerDatabase();
  const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
  let vendor: LedgerVendor;
  let folder: string;
  let tenant: TestTenant;
  let superuser: pg.Client;
  /** Lets the vendor answer. */
  let answer: () => void;

  beforeAll(async () => {
    vendor = await LedgerVendor.start();
  });
  afterAll(() => vendor.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "isthmus-shared-landings-"));
    superuser = await get().server.connectAsSuperuser(get().url);
    await superuser.query("delete from tenants");
    tenant = await createTestTenant(get().database);
    const gate = Promise.withResolvers<void>();
    vendor.delay = () => gate.promise;
    answer = gate.resolve;
  });
  afterEach(async () => {
    await superuser.end();
    await rm(folder, { recursive: true });
  });

  /** The services of one process of this machine; `landPlain` stands between it and the database. */
  function open(landPlain?: (real: SystemTokenRepository) => SystemTokenRepository["landPlain"]) {
    const { database: real } = get();
    const between = ({ tokens }: { tokens: SystemTokenRepository }) => ({
      tokens: { ...tokens, landPlain: landPlain?.(tokens) ?? tokens.landPlain },
    });
    const database: Database = {
      ...real,
      asSystem: (work) => real.asSystem((system) => work({ ...system, ...between(system) })),
    };
    const vendorHost = new URL(vendor.origin).host;
    return createLedgerServices({ database, keyProvider, vendorHost, journalFolder: folder });
  }
  const connect = (count: number, of = tenant) => {
    const connections = new LedgerConnections({ database: get().database, vault: open().vault, tenant: of, vendor });
    return Promise.all(Array.from({ length: count }, () => connections.connector()));
  };
  /** Begins to renew what is due, and waits until the vendor has been asked for each. */
  async function ask(ids: readonly string[], services = open()): Promise<RefreshWorker> {
    const asked = Promise.all(ids.map((id) => vendor.arrival(id)));
    const worker = new RefreshWorker(services);
    expect(await worker.beginDue()).toBe(ids.length);
    await asked;
    return worker;
  }
  async function stored(ids: readonly string[]): Promise<unknown[]> {
    const { rows } = await superuser.query<{ id: string }>(
      `select t.connector_id as id, t.version, t.status::text, array(select details ->> 'version' from audit_events a
         where a.target_id = t.connector_id::text and a.action = 'token.refreshed' order by a.id) as audited,
         array(select type from outbox_events o where o.connector_id = t.connector_id order by o.id) as told
       from connector_tokens t`,
    );
    return ids.map((id) => {
      const { id: _, ...rest } = rows.find((row) => row.id === id) ?? { id };
      return rest;
    });
  }
  const renewed = { version: 2, status: "active", audited: ["2"], told: [] };
  const of = (ids: readonly string[], state: object) => ids.map(() => state);

  it("land whatever becomes of the others: a lost lease, a deletion, a lock of its row", async () => {
    const plain = await connect(6);
    const [lost = "", deleted = "", hidden = "", givenUp = "", locked = ""] = await connect(5);
    const otherTenant = await createTestTenant(get().database);
    const [beingDeleted = ""] = await connect(1, otherTenant);
    const services = open();
    const worker = await ask([...plain, lost, deleted, hidden, givenUp, locked, beingDeleted], services);
    const successor = newId();
    await superuser.query("update connector_tokens set attempt_id = $2 where connector_id = $1", [lost, successor]);
    await superuser.query("delete from connectors where id = $1", [deleted]);
    await superuser.query("update connectors set deleted_at = now() where id = $1", [hidden]);
    await superuser.query("update connector_tokens set status = 'reconnect_required' where connector_id = $1", [
      givenUp,
    ]);
    const locker = await get().server.connectAsSuperuser(get().url);
    onTestFinished(() => locker.end());
    await locker.query("begin");
    await locker.query("select from connector_tokens where connector_id = $1 for update", [locked]);
    await locker.query("delete from tenants where id = $1", [otherTenant.tenantId]);
    answer();
    const free = [...plain, hidden];
    await expect.poll(() => stored(free), { interval: 20 }).toEqual(of(free, renewed));
    expect(await stored([locked, beingDeleted])).toMatchObject([{ version: 1 }, { version: 1 }]);
    await locker.query("commit");
    await worker.settle();
    expect(await stored([locked, beingDeleted])).toEqual([renewed, {}]);
    expect(await stored([givenUp])).toEqual([{ ...renewed, told: ["connector.reconnected"] }]);
    expect(await stored([deleted])).toEqual([{}]);
    expect(await stored([lost])).toEqual([{ version: 1, status: "active", audited: [], told: [] }]);
    const { rows } = await superuser.query("select attempt_id from connector_tokens where connector_id = $1", [lost]);
    expect(rows).toEqual([{ attempt_id: successor }]);
    expect(await replayJournal(services)).toBe(0);
  });

  it("are in the journal, each, when the database goes before it has them", async () => {
    const ids = await connect(12);
    const services = open();
    const worker = await ask(ids, services);
    await superuser.end();
    await get().server.stop();
    answer();
    await worker.settle();
    expect(await services.journal.list()).toHaveLength(12);
    await get().server.start();
    superuser = await get().server.connectAsSuperuser(get().url);
    expect(await stored(ids)).toMatchObject(of(ids, { version: 1 }));
    expect(await replayJournal(services)).toBe(0);
    expect(await stored(ids)).toEqual(of(ids, renewed));
    expect(ids.map((id) => vendor.seen(id))).toMatchObject(of(ids, { accepted: 1, reused: 0 }));
  });

  it("land once when nobody hears that they have", async () => {
    const ids = await connect(12);
    const services = open((tokens) => async (landings) => {
      await tokens.landPlain(landings);
      throw new DatabaseUnavailableError("test");
    });
    const worker = await ask(ids, services);
    answer();
    await worker.settle();
    expect(await stored(ids)).toEqual(of(ids, renewed));
    await replayJournal(services);
    expect(await stored(ids)).toEqual(of(ids, renewed));
    expect(await services.journal.list()).toEqual([]);
  });

  it("land each by itself where one of them spoils the statement", async () => {
    const ids = await connect(8);
    const sizes: number[] = [];
    const services = open((tokens) => (landings) => {
      sizes.push(landings.length);
      // A year that the text of a time cannot name.
      const spoilt = landings.map((each) => ({ ...each, landed: { ...each.landed, expiresAt: new Date(-1e14) } }));
      return tokens.landPlain(landings.length > 1 ? [...landings.slice(1), ...spoilt.slice(0, 1)] : landings);
    });
    const worker = await ask(ids, services);
    answer();
    await worker.settle();
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    expect(await stored(ids)).toEqual(of(ids, renewed));
    expect(await services.journal.list()).toEqual([]);
  });
});
