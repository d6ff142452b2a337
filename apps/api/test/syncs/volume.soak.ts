import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LocalKeyring } from "@isthmus/core";
import { custom } from "@isthmus/custom";
import { quickbooks } from "@isthmus/quickbooks";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { type LoadsProcess, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";
import { bulkEntity, bulkRead } from "./volume/bulk-read.js";
import { itemsConfiguration } from "./volume/items-server.js";
import { memoryOf, processorMsOf } from "./volume/process-figures.js";
import { startVendors } from "./volume/start-vendors.js";

const bulkRows = Number(process.env.SOAK_BULK_ROWS ?? 1_000_000);
const records = Number(process.env.SOAK_RECORDS ?? 100_000);

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
const perRecord = (ms: number, count: number) => Number(((ms * 1_000) / count).toFixed(1));

// The vendors, the worker that syncs, the service that is asked, and PostgreSQL are each processes of their own.
describe("syncs of many records", { timeout: 3_600_000 }, () => {
  const get = useServerDatabase();
  let vendors: Awaited<ReturnType<typeof startVendors>>;
  let service: TestService;
  let tenant: TestTenantClient;
  let worker: LoadsProcess;

  beforeAll(async () => {
    vendors = await startVendors({ bulkRows, records });
    const keys = LocalKeyring.generate();
    const [vendorHost = "", ...hosts] = [vendors.salesforce, vendors.quickbooks, vendors.sap, vendors.items].map(
      ({ url }) => new URL(url).host,
    );
    const allowedPrivateHosts = [vendorHost, ...hosts];
    const connectors = [bulkRead, quickbooks, sap, custom];
    service = await startTestService(get().database, { keys, connectors, settings: { allowedPrivateHosts } });
    tenant = await service.createTenant();
    const parts = { keys, platformKey, vendorHost, hosts, withInstalled: true, runLeaseMs: 60_000 };
    worker = await startLoadsProcess({ ...parts, database: { url: get().url }, role: "worker" });
  }, 300_000);
  afterAll(async () => {
    worker?.child.kill("SIGKILL");
    await worker?.ended;
    await service?.close();
    await vendors?.close();
  });

  async function add(connector: object): Promise<string> {
    const created = await tenant.api.post("/v1/connectors", sandboxConnector(service, { ...connector }));
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    return created.body.id;
  }

  async function connect(connector: object): Promise<string> {
    const id = await add(connector);
    const { authorizationUrl } = (await tenant.api.post(`/v1/connectors/${id}/authorize`, {})).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("Connected");
    return id;
  }

  const credentialsOf = ({ id, secret }: { id: string; secret: string }) => ({ clientId: id, clientSecret: secret });

  /** Processor of the service's sessions at the database, in milliseconds, by the process that serves each. */
  async function readSessions(): Promise<ReadonlyMap<number, number>> {
    const superuser = await get().server.connectAsSuperuser(get().url);
    const { rows } = await superuser.query("select pid from pg_stat_activity where application_name = 'isthmus'");
    await superuser.end();
    return new Map(rows.map(({ pid }) => [Number(pid), processorMsOf(Number(pid))]));
  }

  /** One run of a schedule by the worker, and what it took. */
  async function run(scheduleId: string) {
    const pid = worker.child.pid ?? 0;
    const [memoryBefore, processorBefore, sessionsBefore] = [memoryOf(pid), processorMsOf(pid), await readSessions()];
    const vendorsBefore = processorMsOf(vendors.pid);
    let most = memoryBefore;
    const { body } = await tenant.api.post(`/v1/schedules/${scheduleId}/run`, {});
    let ended = body;
    for (let look = 0; !ended.endedAt; look += 1) {
      // Real time: the worker is a process of its own.
      await delay(100);
      most = Math.max(most, memoryOf(pid));
      if (look % 10 === 9) ended = (await tenant.api.get(`/v1/sync-runs/${body.id}`)).body;
    }
    expect(ended, JSON.stringify(ended.error)).toMatchObject({ status: "succeeded" });
    const { progress, startedAt, endedAt } = ended;
    const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
    let databaseMs = 0;
    for (const [session, ms] of await readSessions()) databaseMs += ms - (sessionsBefore.get(session) ?? 0);
    return {
      progress,
      figures: {
        seconds,
        perSecond: Math.round(progress.read / seconds),
        grownMb: megabytes(most - memoryBefore),
        workerUs: perRecord(processorMsOf(pid) - processorBefore, progress.read),
        databaseUs: perRecord(databaseMs, progress.read),
        vendorUs: perRecord(processorMsOf(vendors.pid) - vendorsBefore, progress.read),
      },
    };
  }

  async function syncTwice(connectorId: string, entity: string, count: number) {
    const schedule = { entity, cron: "0 3 * * *", paused: true };
    const created = await tenant.api.post(`/v1/connectors/${connectorId}/schedules`, schedule);
    expect(created).toMatchObject({ status: 201 });
    const first = await run(created.body.id);
    expect(first.progress).toMatchObject({ changed: count, deleted: 0, failed: 0 });
    const versions = await versionsOf(connectorId);
    expect(versions).toMatchObject({ stored: count });
    const second = await run(created.body.id);
    expect(second.progress).toMatchObject({ changed: 0, deleted: 0, failed: 0 });
    // Not one row of them is another one now.
    expect(await versionsOf(connectorId)).toEqual(versions);
    return { records: count, ...first.figures, again: { read: second.progress.read, ...second.figures } };
  }

  async function versionsOf(connectorId: string): Promise<object> {
    const superuser = await get().server.connectAsSuperuser(get().url);
    const { rows } = await superuser.query(
      `select count(*)::int as stored, max(version)::text as last, max(xmin::text::bigint)::text as written
      from records where connector_id = $1`,
      [connectorId],
    );
    await superuser.end();
    return rows[0];
  }

  /** The rows that are there, into the same table with the same indexes and the same foreign key. */
  async function copyAgain(count: number) {
    const superuser = await get().server.connectAsSuperuser(get().url);
    const file = join(tmpdir(), `isthmus-copy-${process.pid}.txt`);
    writeFileSync(file, "");
    chmodSync(file, 0o666);
    await superuser.query(`copy records to '${file}'`);
    await superuser.query("truncate records");
    const pid = Number((await superuser.query("select pg_backend_pid() as pid")).rows[0].pid);
    const [beganAt, processorBefore] = [performance.now(), processorMsOf(pid)];
    await superuser.query(`copy records from '${file}'`);
    const seconds = (performance.now() - beganAt) / 1_000;
    const databaseUs = perRecord(processorMsOf(pid) - processorBefore, count);
    rmSync(file);
    await superuser.end();
    return { seconds, perSecond: Math.round(count / seconds), databaseUs };
  }

  const print = (what: string, figures: object) => process.stdout.write(`${what} ${JSON.stringify(figures)}\n`);

  it("of a bulk query are as quick as half of a COPY, in steady memory, and write nothing the second time", async () => {
    const { url: externalSystemUrl, client } = vendors.salesforce;
    const parts = { type: "bulkread", externalSystemUrl, credentials: credentialsOf(client) };
    const sync = await syncTwice(await connect(parts), bulkEntity, bulkRows);
    const copy = await copyAgain(bulkRows);
    print("Salesforce, bulk query", { ...sync, copy, share: (sync.perSecond / copy.perSecond).toFixed(2) });
    expect(sync.grownMb).toBeLessThan(200);
  });

  it("of QuickBooks are all there, and write nothing the second time", async () => {
    const { url: externalSystemUrl, client } = vendors.quickbooks;
    const id = await connect({ type: "quickbooks", externalSystemUrl, credentials: credentialsOf(client) });
    print("QuickBooks", await syncTwice(id, "Customer", records));
  });

  it("of SAP are all there, and write nothing the second time", async () => {
    const { url: externalSystemUrl, user } = vendors.sap;
    const credentials = { username: user.name, password: user.password };
    const odata = { partners: { path: "/sap/opu/odata/sap/API_BUSINESS_PARTNER" } };
    const parts = { type: "sap", externalSystemUrl, authenticationMethod: "basic", credentials };
    const id = await add({ ...parts, configuration: { client: "100", odata } });
    print("SAP", await syncTwice(id, "partners/A_BusinessPartner", records));
  });

  it("of a described REST API are all there, and write nothing the second time", async () => {
    const { url } = vendors.items;
    const parts = {
      type: "custom",
      externalSystemUrl: url,
      authenticationMethod: "api_key",
      credentials: { apiKey: "k" },
    };
    const id = await add({ ...parts, configuration: itemsConfiguration(url) });
    print("custom", await syncTwice(id, "items", records));
  });
});
