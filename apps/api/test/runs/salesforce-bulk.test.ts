import { afterAll, beforeAll, expect, it } from "vitest";
import { OperationRunWorker } from "../../src/workers/operation-run-worker.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("a bulk load into Salesforce through the service", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  const stopping = new AbortController();
  let working: Promise<void>;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    const link = await tenant.api.post(`/v1/connectors/${connectorId}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
    working = new OperationRunWorker(service.services, { pollMs: 20 }).run(stopping.signal);
  });
  afterAll(async () => {
    stopping.abort();
    await working;
    await service?.close();
  });

  const ended = async (id: string) => {
    const read = async () => (await tenant.api.get(`/v1/operation-runs/${id}`)).body;
    await expect.poll(async () => (await read()).endedAt, { timeout: 15_000 }).not.toBeNull();
    return read();
  };

  it("answers at once, loads every row, and gives the rows' results by the jobs in its output", async () => {
    const rows = Array.from({ length: 500 }, (_, row) => `Bulk ${row}`);
    const began = await tenant.api.run(
      connectorId,
      "bulk.ingest?sobject=Account&operation=insert",
      ["Name", ...rows].join("\n"),
      { "content-type": "text/csv" },
    );
    expect(began).toMatchObject({ status: 202, body: { operation: "bulk.ingest" } });
    expect(await ended(began.body.id)).toMatchObject({
      status: "succeeded",
      progress: { processed: 500, failed: 0, total: 500 },
      output: { ok: true, processed: 500, failed: 0, jobs: [{ rows: 500, state: "JobComplete" }] },
    });
    const soql = "SELECT Name FROM Account WHERE Name LIKE 'Bulk %'";
    const { body } = await tenant.api.run(connectorId, "query", { soql });
    expect(body.totalSize).toBe(500);
  });

  it("tells in the run what Salesforce refuses, and leaves no job behind when a load cannot be begun", async () => {
    const refused = await tenant.api.run(connectorId, "bulk.ingest?sobject=Nothing__c&operation=insert", "Name\nx", {
      "content-type": "text/csv",
    });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    const id = String(refused.headers.get("location")).split("/").at(-1) ?? "";
    expect(await ended(id)).toMatchObject({ status: "failed", error: { code: refused.body.code } });
  });

  it("outlasts a disconnection: connected again, it goes on by its job", async () => {
    service.sandbox.configure({ bulkPollsUntilComplete: 1_000 });
    const query = "bulk.ingest?sobject=Account&operation=insert";
    const { id } = (await tenant.api.run(connectorId, query, "Name\nPatient", { "content-type": "text/csv" })).body;
    await tenant.api.post(`/v1/connectors/${connectorId}/disconnect`);
    const read = async () => (await tenant.api.get(`/v1/operation-runs/${id}`)).body;
    await expect
      .poll(read, { timeout: 10_000 })
      .toMatchObject({ status: "running", error: { code: "RECONNECT_REQUIRED" } });
    service.sandbox.configure({ bulkPollsUntilComplete: 0 });
    const link = await tenant.api.post(`/v1/connectors/${connectorId}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
    await get().queryPastGuards("update operation_runs set next_look_at = now() where id = $1::uuid", id);
    expect(await ended(id)).toMatchObject({ status: "succeeded", output: { ok: true, processed: 1 } });
  });
});
