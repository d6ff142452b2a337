import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { deleteTenant } from "../../src/actions/delete-tenant.js";
import { newId } from "../../src/database/index.js";
import { createRunPruner } from "../../src/workers/create-pruners.js";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { beginLoad, type LoadsService, loadsConnector, startLoadsService } from "../support/loads/loads-service.js";
import { platformKey, sandboxConnector } from "../support/service.js";

const unknownId = "01999999-9999-7999-8999-999999999999";

describeLongWork("operation runs", (get) => {
  let bench: LoadsService;

  beforeAll(async () => {
    bench = await startLoadsService(get().database);
  });
  afterAll(() => bench?.close());
  afterEach(async () => {
    // What a test left unfinished is not the next one's.
    await get().queryPastGuards(
      "update operation_runs set ended_at = now(), status = 'cancelled', attempt_id = null, lease_until = null where ended_at is null",
    );
    bench.vendor.requests.splice(0);
    bench.vendor.looksNeeded = 2;
  });

  /** The lease of whoever was at the run is over, as after the death of a process. */
  const endLease = (id: string) =>
    get().queryPastGuards(
      "update operation_runs set lease_until = now() - interval '1 second' where id = $1::uuid",
      id,
    );
  const makeDue = (id: string) =>
    get().queryPastGuards("update operation_runs set next_look_at = now() where id = $1::uuid", id);
  const begin = async (): Promise<string> => {
    const { status, body } = await bench.load();
    expect(status).toBe(202);
    return body.id;
  };
  const auditOf = async (id: string) =>
    (await bench.tenant.api.get(`/v1/audit-events?targetType=operation_run&targetId=${id}`)).body.data
      .toReversed()
      .map(({ action, outcome }: { action: string; outcome: string }) => `${action} ${outcome}`);

  it("answers 202 at once, goes on without the request, and tells progress and result", async () => {
    const started = await bench.load();
    expect(started).toMatchObject({
      status: 202,
      body: { connectorId: bench.connectorId, operation: "rows.load", status: "running", error: null, endedAt: null },
    });
    const { id } = started.body;
    expect(started.headers.get("location")).toBe(`/v1/operation-runs/${id}`);
    expect(bench.vendor.loads.at(-1)).toMatchObject({ rows: "a\nb\nc", state: "working" });
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "running", progress: { processed: 0, failed: 0, total: 3 } });
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({
      status: "succeeded",
      progress: { processed: 3, failed: 0, total: 3 },
      output: { loaded: 3 },
      endedAt: expect.any(String),
    });
    expect(await bench.work()).toBe(0);
    expect(await auditOf(id)).toEqual(["operation_run.begun success", "operation_run.ended success"]);
  });

  it("stores neither state nor result in plain", async () => {
    const id = await begin();
    const stored = () => get().queryPastGuards("select work::text as work from operation_runs where id = $1::uuid", id);
    expect(JSON.stringify(await stored())).not.toContain("load-");
    await bench.work();
    await bench.work();
    expect(JSON.stringify(await stored())).not.toMatch(/loaded|load-/);
  });

  it("notes no run for an input that does not fit, and sends nothing", async () => {
    const before = (await bench.tenant.api.get("/v1/operation-runs")).body.data.length;
    const refused = await bench.tenant.api.run(bench.connectorId, "rows.load?waitMs=x", "a", {
      "content-type": "text/csv",
    });
    expect(refused).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    expect((await bench.tenant.api.get("/v1/operation-runs")).body.data).toHaveLength(before);
    expect(bench.vendor.requests).toEqual([]);
  });

  it("cancels at the vendor what a failed start had made, and tells so in the run that the answer names", async () => {
    bench.vendor.once("PUT", (_request, response) => response.writeHead(403).end());
    const refused = await bench.load();
    expect(refused).toMatchObject({ status: 403, body: { code: "PERMISSION_DENIED" } });
    const id = String(refused.headers.get("location")).split("/").at(-1) ?? "";
    expect(await bench.read(id)).toMatchObject({
      status: "failed",
      error: { code: "PERMISSION_DENIED", detail: expect.stringContaining("was cancelled there") },
    });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
    expect(await auditOf(id)).toEqual(["operation_run.begun success", "operation_run.ended failure"]);
  });

  it("goes on ending at the vendor what a failed start had made when that is not possible at once", async () => {
    bench.vendor.once("PUT", (_request, response) => response.writeHead(403).end());
    bench.vendor.once("POST /loads/", (_request, response) => response.writeHead(503).end());
    const refused = await bench.load();
    const id = String(refused.headers.get("location")).split("/").at(-1) ?? "";
    expect(await bench.read(id)).toMatchObject({ status: "cancelling", error: { code: "PERMISSION_DENIED" } });
    expect(await bench.work()).toBe(0);
    await makeDue(id);
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "failed", error: { code: "PERMISSION_DENIED" } });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
  });

  it("looks again after a failure that passes, not before its time, and forgets it", async () => {
    const id = await begin();
    bench.vendor.once("GET", (_request, response) => response.writeHead(429, { "retry-after": "120" }).end());
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "running", error: { code: "RATE_LIMITED" } });
    expect(await bench.work()).toBe(0);
    const [{ wait } = {}] = await get().queryPastGuards(
      "select extract(epoch from next_look_at - now())::float8 as wait from operation_runs where id = $1::uuid",
      id,
    );
    expect(wait).toBeGreaterThan(110);
    await makeDue(id);
    await bench.work();
    expect(await bench.read(id)).toMatchObject({ status: "running", error: null });
  });

  it("does not believe a vendor that names a time years ahead", async () => {
    const id = await begin();
    bench.vendor.once("GET", (_request, response) => response.writeHead(429, { "retry-after": "99999999999" }).end());
    expect(await bench.work()).toBe(1);
    const [{ days } = {}] = await get().queryPastGuards(
      "select extract(epoch from next_look_at - now())::float8 / 86400 as days from operation_runs where id = $1::uuid",
      id,
    );
    expect(days).toBeLessThanOrEqual(1);
  });

  it("outlasts credentials that the vendor refuses: a person can mend that, and the work there goes on", async () => {
    const id = await begin();
    bench.vendor.once("GET", (_request, response) => response.writeHead(401).end());
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "running", error: { code: "AUTHENTICATION_FAILED" } });
    expect(await bench.work()).toBe(0);
    await makeDue(id);
    await bench.work();
    await bench.work();
    expect(await bench.read(id)).toMatchObject({ status: "succeeded", error: null, output: { loaded: 3 } });
  });

  it("fails by what does not pass, and lets the work at the vendor be", async () => {
    const id = await begin();
    bench.vendor.once("GET", (_request, response) => response.writeHead(403).end());
    await bench.work();
    expect(await bench.read(id)).toMatchObject({ status: "failed", error: { code: "PERMISSION_DENIED" } });
    expect(bench.vendor.loads.at(-1)?.state).toBe("working");
    expect(await auditOf(id)).toEqual(["operation_run.begun success", "operation_run.ended failure"]);
  });

  it("is cancelled at once where nobody is at it, once, however often it is asked for", async () => {
    const id = await begin();
    const cancel = () => bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect(await cancel()).toMatchObject({ status: 200, body: { status: "cancelled", error: null } });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
    expect(await cancel()).toMatchObject({ status: 200, body: { status: "cancelled" } });
    expect(bench.vendor.requests.filter((line) => line.endsWith("/abort"))).toHaveLength(1);
    expect(await auditOf(id)).toEqual([
      "operation_run.begun success",
      "operation_run.cancel_requested success",
      "operation_run.ended success",
    ]);
  });

  it("is cancelled after a look that is under way, whose result is not lost", async () => {
    const id = await begin();
    bench.vendor.looksNeeded = 9;
    const release = Promise.withResolvers<void>();
    const asked = bench.vendor.asked("GET");
    bench.vendor.once("GET", async (_request, response) => {
      await release.promise;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ state: "working", processed: 2, total: 3 }));
    });
    const working = bench.work();
    await asked;
    const cancel = () => bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect(await cancel()).toMatchObject({ status: 200, body: { status: "cancelling" } });
    expect(await cancel()).toMatchObject({ status: 200, body: { status: "cancelling" } });
    release.resolve();
    await working;
    expect(await bench.read(id)).toMatchObject({ status: "cancelling", progress: { processed: 2 } });
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "cancelled", progress: { processed: 2 } });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
  });

  it("is cancelled at the vendor also where the look under way fails for good: the work there goes on", async () => {
    const id = await begin();
    const release = Promise.withResolvers<void>();
    const asked = bench.vendor.asked("GET");
    bench.vendor.once("GET", async (_request, response) => {
      await release.promise;
      response.writeHead(403).end();
    });
    const working = bench.work();
    await asked;
    await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    release.resolve();
    await working;
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "cancelled", error: null });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
  });

  it("is cancelled while a request begins it: the request ends the work, and answers with the run", async () => {
    const release = Promise.withResolvers<void>();
    const asked = bench.vendor.asked("PUT");
    bench.vendor.once("PUT", async (request, response) => {
      await release.promise;
      request.resume();
      response.setHeader("content-type", "application/json");
      response.end("{}");
    });
    const beginning = bench.load();
    await asked;
    const [run] = (await bench.tenant.api.get("/v1/operation-runs?status=starting")).body.data;
    const cancel = await bench.tenant.api.post(`/v1/operation-runs/${run.id}/cancel`);
    expect(cancel).toMatchObject({ status: 200, body: { status: "cancelling" } });
    release.resolve();
    expect(await beginning).toMatchObject({ status: 202, body: { id: run.id, status: "cancelled" } });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
  });

  it("goes on after the one who was at it has died: whatever that one finds out is not stored", async () => {
    const id = await begin();
    bench.vendor.looksNeeded = 1;
    const release = Promise.withResolvers<void>();
    const asked = bench.vendor.asked("GET");
    bench.vendor.once("GET", async (_request, response) => {
      await release.promise;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ state: "working", processed: 1, total: 3 }));
    });
    const late = bench.work();
    await asked;
    expect(await bench.worker.beginDue()).toBe(0);
    await endLease(id);
    expect(await bench.worker.beginDue()).toBe(1);
    await expect.poll(() => bench.read(id)).toMatchObject({ status: "succeeded", output: { loaded: 3 } });
    release.resolve();
    await late;
    expect(await bench.read(id)).toMatchObject({ status: "succeeded", progress: { processed: 3 } });
  });

  it("answers 404 for a run that is not there or another tenant's, and 409 where there is nothing to cancel", async () => {
    const id = await begin();
    await bench.work();
    await bench.work();
    const other = await bench.service.createTenant();
    for (const [client, run] of [
      [bench.tenant, unknownId],
      [other, id],
    ] as const) {
      expect((await client.api.get(`/v1/operation-runs/${run}`)).status).toBe(404);
      expect((await client.api.post(`/v1/operation-runs/${run}/cancel`)).status).toBe(404);
    }
    expect((await other.api.get("/v1/operation-runs")).body.data).toEqual([]);
    const late = await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect(late).toMatchObject({ status: 409, body: { code: "OPERATION_RUN_ENDED" } });
    expect((await bench.tenant.api.get("/v1/operation-runs/nothing")).status).toBe(400);
  });

  it("is listed by connector and status, newest first, page by page", async () => {
    const created = await bench.tenant.api.post("/v1/connectors", loadsConnector(bench.vendor));
    const connectorId = String(created.body.id);
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await beginLoad(bench.tenant.api, connectorId)).body.id);
    const list = async (query: string) => (await bench.tenant.api.get(`/v1/operation-runs?${query}`)).body;
    const first = await list(`connectorId=${connectorId}&limit=2`);
    const second = await list(`connectorId=${connectorId}&limit=2&cursor=${first.nextCursor}`);
    const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    await bench.tenant.api.post(`/v1/operation-runs/${ids[0]}/cancel`);
    expect(idsOf(await list(`connectorId=${connectorId}&status=running`))).toEqual(ids.slice(1));
    expect(idsOf(await list(`connectorId=${connectorId}&status=cancelled`))).toEqual(ids.slice(0, 1));
  });

  it("keeps its connector from being deleted until it has ended", async () => {
    const created = await bench.tenant.api.post("/v1/connectors", loadsConnector(bench.vendor));
    const connectorId = String(created.body.id);
    const { id } = (await beginLoad(bench.tenant.api, connectorId)).body;
    const refused = await bench.tenant.api.delete(`/v1/connectors/${connectorId}`);
    expect(refused).toMatchObject({ status: 409, body: { code: "OPERATION_RUN_UNFINISHED" } });
    expect(refused.body.detail).toContain(id);
    await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect((await bench.tenant.api.delete(`/v1/connectors/${connectorId}`)).status).toBe(204);
    expect(await bench.read(id)).toMatchObject({ status: "cancelled" });
  });

  it("keeps its connector from being pointed elsewhere: nobody would reach its work there", async () => {
    const created = await bench.tenant.api.post("/v1/connectors", loadsConnector(bench.vendor));
    const { id: connectorId, version } = created.body;
    const { id } = (await beginLoad(bench.tenant.api, connectorId)).body;
    const point = () =>
      bench.tenant.api.patch(
        `/v1/connectors/${connectorId}`,
        { externalSystemUrl: `${bench.vendor.url}/elsewhere`, credentials: { key: "k" } },
        { "if-match": `"${version}"` },
      );
    const refused = await point();
    expect(refused).toMatchObject({ status: 409, body: { code: "OPERATION_RUN_UNFINISHED" } });
    expect(refused.body.detail).toContain(id);
    const { body } = await bench.tenant.api.get(`/v1/connectors/${connectorId}`);
    expect(body).toMatchObject({ version, externalSystemUrl: bench.vendor.url });
    await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect((await point()).status).toBe(200);
  });

  it("is not begun by a connector that was changed or switched off after it was read", async () => {
    const created = await bench.tenant.api.post("/v1/connectors", loadsConnector(bench.vendor));
    const { id: connectorId, version } = created.body;
    const { tenantId, userId } = bench.tenant;
    const note = (connectorVersion: number) => {
      const run = { id: newId(), connectorId, connectorVersion, operation: "rows.load", createdBy: userId };
      return get().database.asTenant(tenantId, ({ operationRuns }) =>
        operationRuns.begin(run, { attemptId: newId(), leaseMs: 1_000 }),
      );
    };
    const conflict = { code: "CONFLICT", retryable: true };
    expect(await note(version)).toMatchObject({ status: "starting" });
    const change = (body: object, of: number) =>
      bench.tenant.api.patch(`/v1/connectors/${connectorId}`, body, { "if-match": `"${of}"` });
    const { body: renamed } = await change({ name: "Other loads" }, version);
    await expect(note(version)).rejects.toMatchObject(conflict);
    const { body: off } = await change({ active: false }, renamed.version);
    await expect(note(off.version)).rejects.toMatchObject(conflict);
  });

  it("rests while its connector is switched off, and can be cancelled all the same", async () => {
    const created = await bench.tenant.api.post("/v1/connectors", loadsConnector(bench.vendor));
    const { id: connectorId, version } = created.body;
    const { id } = (await beginLoad(bench.tenant.api, connectorId)).body;
    const off = await bench.tenant.api.patch(
      `/v1/connectors/${connectorId}`,
      { active: false },
      { "if-match": `"${version}"` },
    );
    expect(off.status).toBe(200);
    expect(await bench.work()).toBe(0);
    const cancelled = await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect(cancelled.body).toMatchObject({ status: "cancelled" });
  });

  it("goes under the new data key when keys rotate, and goes on", async () => {
    const id = await begin();
    const sealedBy = async () =>
      (await get().queryPastGuards("select work_key_id::text as key from operation_runs where id = $1::uuid", id))[0]
        ?.key;
    const before = await sealedBy();
    const platform = new ApiClient(bench.service.url, platformKey);
    const rotation = (await platform.post("/v1/keys/rotate", { dataKeys: true })).body;
    while (await bench.service.keyRotations.runOnce());
    expect((await platform.get(`/v1/keys/rotations/${rotation.id}`)).body).toMatchObject({
      status: "completed",
      progress: { values: { failed: 0 } },
    });
    expect(await sealedBy()).not.toBe(before);
    await bench.work();
    await bench.work();
    expect(await bench.read(id)).toMatchObject({ status: "succeeded", output: { loaded: 3 } });
  });

  it("is ended at the vendor when its tenant is deleted, or told where that was not possible", async () => {
    const tenant = await bench.service.createTenant();
    const created = await tenant.api.post("/v1/connectors", loadsConnector(bench.vendor));
    const ended = await beginLoad(tenant.api, created.body.id);
    const stuck = await beginLoad(tenant.api, created.body.id);
    const stuckLoad = bench.vendor.loads.at(-1)?.id;
    bench.vendor.once(`POST /loads/${stuckLoad}/abort`, (_request, response) => response.writeHead(503).end());
    const platform = new ApiClient(bench.service.url, platformKey);
    const { body } = await platform.get("/v1/tenants?limit=200");
    const { name } = body.data.find(({ id }: { id: string }) => id === tenant.tenantId);
    const deleted = await platform.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name }, {});
    expect(deleted).toMatchObject({
      status: 200,
      body: {
        operationRuns: {
          cancelled: 1,
          notCancelled: [{ runId: stuck.body.id, connectorId: created.body.id, code: "VENDOR_UNAVAILABLE" }],
        },
      },
    });
    expect(bench.vendor.loads.at(-2)?.state).toBe("aborted");
    const left = "select id::text as id from operation_runs where id in ($1::uuid, $2::uuid)";
    expect(await get().queryPastGuards(left, ended.body.id, stuck.body.id)).toEqual([]);
  });

  it("leaves time for grants when its tenant is deleted and its vendor says nothing, and is in the audit that stays", async () => {
    const { service, vendor } = bench;
    const tenant = await service.createTenant();
    const loading = (await tenant.api.post("/v1/connectors", loadsConnector(vendor))).body.id;
    const granted = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    await new TestBrowser().follow(
      (await tenant.api.post(`/v1/connectors/${granted}/authorize`)).body.authorizationUrl,
    );
    const { id: runId } = (await beginLoad(tenant.api, loading)).body;
    vendor.once("POST /loads/", () => undefined);
    const platform = new ApiClient(service.url, platformKey);
    const { name } = (await platform.get("/v1/tenants?limit=200")).body.data.find(
      ({ id }: { id: string }) => id === tenant.tenantId,
    );
    const input = { tenantId: tenant.tenantId, name, revokeWithinMs: 1_500 };
    const deleted = await deleteTenant(service.services, { id: "request", ip: "127.0.0.1" }, input);
    expect(deleted).toMatchObject({
      operationRuns: { cancelled: 0, notCancelled: [{ runId, connectorId: loading, code: "TIMEOUT" }] },
      grants: { revoked: 1, notRevoked: [] },
    });
    const audited = "select details from audit_events where target_id = $1 and action = 'operation_run.abandoned'";
    expect(await get().queryPastGuards(audited, runId)).toEqual([
      { details: { connectorId: loading, code: "TIMEOUT" } },
    ]);
  });

  it("is forgotten a week after its end, and not before", async () => {
    const id = await begin();
    await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    const going = await begin();
    await createRunPruner(bench.service.services, 1).prune();
    expect((await bench.tenant.api.get(`/v1/operation-runs/${id}`)).status).toBe(200);
    const age =
      "update operation_runs set ended_at = ended_at - interval '8 days', created_at = now() - interval '9 days'";
    await get().queryPastGuards(age);
    expect(await createRunPruner(bench.service.services, 1).prune()).toBeGreaterThan(0);
    expect((await bench.tenant.api.get(`/v1/operation-runs/${id}`)).status).toBe(404);
    expect((await bench.tenant.api.get(`/v1/operation-runs/${going}`)).status).toBe(200);
  });
});
