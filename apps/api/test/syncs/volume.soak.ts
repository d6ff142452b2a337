import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConnector, type EntityBatch, type EntityCursor } from "@isthmus/core";
import { type SalesforceConnector, salesforce } from "@isthmus/salesforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

const rows = Number(process.env.SOAK_RECORDS ?? 1_000_000);
const batchSize = 2_000;
const entity = "Measurement__c";
const soql = `SELECT Id, Name, Serial__c, Value__c, Valid__c, Measured_At__c, Note__c, SystemModstamp FROM ${entity}`;

/** Salesforce, read by the rows of a bulk query: of a million records they are the quickest to be had. */
const bulkRead = defineConnector({
  ...salesforce,
  type: "bulkread",
  entities: (connector: SalesforceConnector) => ({
    list: async () => [],
    describe: () => Promise.reject(new Error("Nobody asks.")),
    read: (_entity: string, cursor: EntityCursor | undefined, signal: AbortSignal) =>
      readRows(connector, Number(cursor?.round ?? 0), signal),
  }),
});

async function* readRows(
  connector: SalesforceConnector,
  round: number,
  signal: AbortSignal,
): AsyncGenerator<EntityBatch> {
  let changes: EntityBatch["changes"][number][] = [];
  const batch = () => ({ changes, cursor: { v: 1, round: round + 1 } });
  for await (const record of connector.bulk.query(soql, { signal })) {
    changes.push({
      id: String(record.Id),
      deleted: false,
      record,
      modifiedAtMs: Date.parse(String(record.SystemModstamp)),
    });
    if (changes.length < batchSize) continue;
    yield batch();
    changes = [];
  }
  yield batch();
}

const megabytes = () => Math.round(process.memoryUsage.rss() / 2 ** 20);

describe(`a sync of ${rows} records from a bulk query`, () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let worker: SyncWorker;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [bulkRead] });
    service.sandbox.configure({ measurements: rows });
    tenant = await service.createTenant();
    worker = new SyncWorker(service.services);
  });
  afterAll(() => service?.close());

  async function connect(): Promise<string> {
    const { id } = (await tenant.api.post("/v1/connectors", sandboxConnector(service, { type: "bulkread" }))).body;
    const { authorizationUrl } = (await tenant.api.post(`/v1/connectors/${id}/authorize`, {})).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("Connected");
    return id;
  }

  it("is as quick as half of a COPY, in steady memory, and writes nothing the second time", {
    timeout: 1_800_000,
  }, async () => {
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    const connectorId = await connect();
    const schedule = { entity, cron: "0 3 * * *", paused: true };
    const { id } = (await tenant.api.post(`/v1/connectors/${connectorId}/schedules`, schedule)).body;
    const run = async () => {
      const { body } = await tenant.api.post(`/v1/schedules/${id}/run`, {});
      const beganAt = performance.now();
      expect(await worker.beginDue()).toBe(1);
      await worker.settle();
      const { progress, status } = (await tenant.api.get(`/v1/sync-runs/${body.id}`)).body;
      expect(status).toBe("succeeded");
      return { progress, perSecond: Math.round(rows / ((performance.now() - beganAt) / 1_000)) };
    };

    const before = megabytes();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, megabytes());
    }, 100);
    const first = await run();
    clearInterval(watch);
    const second = await run();
    expect(first.progress).toMatchObject({ read: rows, changed: rows });
    expect(second.progress).toMatchObject({ changed: 0, unchanged: rows });

    const file = join(tmpdir(), `isthmus-copy-${process.pid}.txt`);
    writeFileSync(file, "");
    chmodSync(file, 0o666);
    await superuser.query(`copy records to '${file}'`);
    // Into the same table, with the same indexes and the same foreign key.
    await superuser.query("truncate records");
    const beganAt = performance.now();
    await superuser.query(`copy records from '${file}'`);
    const copyPerSecond = Math.round(rows / ((performance.now() - beganAt) / 1_000));
    rmSync(file);
    await superuser.end();
    const share = (first.perSecond / copyPerSecond).toFixed(2);
    const figures = { rows, perSecond: first.perSecond, again: second.perSecond, copyPerSecond, share };
    process.stdout.write(`${JSON.stringify({ ...figures, grownMb: most - before })}\n`);
  });
});
