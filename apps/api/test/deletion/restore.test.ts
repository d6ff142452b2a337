import { LocalKeyring, NotFoundError } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { RefreshWorker } from "../../src/workers/refresh-worker.js";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";
import { connect, revocations } from "./support/connections.js";

const dayMs = 86_400_000;

describeLongWork("a deleted connector", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let other: TestTenantClient;
  let id: string;
  let path: string;

  beforeAll(async () => {
    service = await startTestService(get().database, { keys: LocalKeyring.generate() });
    tenant = await service.createTenant();
    other = await service.createTenant();
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    service.sandbox.reset();
    id = await connect(service, tenant);
    path = `/v1/connectors/${id}`;
    service.sandbox.clearRequests();
  });

  const sql = (text: string) => get().queryPastGuards(`${text} returning 1`);
  const remove = async () => expect((await tenant.api.delete(path)).status).toBe(204);
  const deleted = async () => (await tenant.api.get("/v1/connectors?deleted=true&limit=200")).body.data;

  it("comes back as it was, with its tokens: an operation runs at once, and nobody authorises anew", async () => {
    const before = (await tenant.api.get(path)).body;
    await remove();
    expect(service.sandbox.requests()).toEqual([]);
    const restored = await tenant.api.post(`${path}/restore`);
    expect(restored).toMatchObject({
      status: 200,
      body: { ...before, version: before.version + 2, updatedAt: expect.any(String), deletedAt: null, purgeAt: null },
    });
    expect(restored.headers.get("etag")).toBe(`"${before.version + 2}"`);
    const { data } = (await tenant.api.get(`/v1/audit-events?targetId=${id}&limit=2`)).body;
    expect(data).toMatchObject([
      { action: "connector.restored", outcome: "success", actor: { userId: tenant.userId } },
      { action: "connector.deleted", outcome: "success", details: { code: before.code } },
    ]);
    expect((await tenant.api.run(id, "identity", {})).status).toBe(200);
    expect(service.sandbox.requests().filter(({ path: asked }) => asked.includes("/oauth2/token"))).toEqual([]);
    expect(await deleted()).not.toContainEqual(expect.objectContaining({ id }));
  });

  it("is reached by nothing: no operation, no renewal, no link, no list", async () => {
    const size = service.services.pool.size;
    await remove();
    expect(service.services.pool.size).toBe(size - 1);
    const answers = await Promise.all([
      tenant.api.get(path),
      tenant.api.patch(path, { name: "x" }, { "if-match": '"2"' }),
      tenant.api.delete(path),
      tenant.api.run(id, "limits", {}),
      tenant.api.get(`${path}/operations`),
      tenant.api.get(`${path}/entities`),
      tenant.api.get(`${path}/inbound-events`),
      ...["authorize", "test", "refresh", "disconnect"].map((what) => tenant.api.post(`${path}/${what}`)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await tenant.api.get("/v1/connectors?limit=200")).text).not.toContain(id);
    await sql(`update connector_tokens set refresh_at = now() - interval '1 hour' where connector_id = '${id}'`);
    expect(await new RefreshWorker(service.services).beginDue()).toBe(0);
    // What still holds it, in any process, begins no renewal either.
    const place = { tenantId: tenant.tenantId, connectorId: id };
    const request = { purpose: "refresh", version: 1, leaseMs: 1_000, attemptId: newId() } as const;
    const claim = service.services.database.asSystem(({ tokens }) => tokens.claim(place, request));
    await expect(claim).rejects.toBeInstanceOf(NotFoundError);
    expect(service.sandbox.requests()).toEqual([]);
  });

  it("ends what listens to its vendor without an end", async () => {
    const headers = {
      authorization: `Bearer ${tenant.apiKey}`,
      "content-type": "application/json",
      accept: "application/x-ndjson",
    };
    const body = JSON.stringify({ channel: "/data/AccountChangeEvent" });
    const answer = await fetch(`${service.url}${path}/operations/events.subscribe`, { method: "POST", headers, body });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('"subscribed"');
    await remove();
    let text = "";
    try {
      for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) text += next.value;
    } catch {
      // The connection is cut after the last line.
    }
    expect(text).toContain('"code":"CANCELLED"');
  });

  it("is listed with the time that is left for its restore, as the setting says", async () => {
    await remove();
    const [row] = (await deleted()).filter((each: { id: string }) => each.id === id);
    expect(row).toMatchObject({ version: 2, active: true, status: "connected", deletedAt: expect.any(String) });
    expect(Date.parse(row.purgeAt) - Date.parse(row.deletedAt)).toBeGreaterThan(29.9 * dayMs);
    expect(Date.parse(row.purgeAt) - Date.parse(row.deletedAt)).toBeLessThan(30.1 * dayMs);
    expect((await tenant.api.get("/v1/connectors?deleted=true&type=sap")).body.data).toEqual([]);
  });

  it("comes back under another code where its own is taken by now, and is told whose that is", async () => {
    const { code } = (await tenant.api.get(path)).body;
    await remove();
    expect((await tenant.api.post("/v1/connectors", sandboxConnector(service, { code }))).status).toBe(201);
    const refused = await tenant.api.post(`${path}/restore`);
    expect(refused).toMatchObject({ status: 409, body: { code: "CONFLICT", detail: expect.stringContaining(code) } });
    // It is as deleted as before.
    expect((await tenant.api.get(path)).status).toBe(404);
    const restored = await tenant.api.post(`${path}/restore`, { code: `${code}-2` });
    expect(restored).toMatchObject({ status: 200, body: { code: `${code}-2` } });
    expect((await tenant.api.run(id, "identity", {})).status).toBe(200);
  });

  it("follows If-Match when it is restored, and is restored once", async () => {
    await remove();
    expect((await tenant.api.post(`${path}/restore`, undefined, { "if-match": '"1"' })).status).toBe(412);
    const answers = await Promise.all(
      [1, 2, 3].map(() => tenant.api.post(`${path}/restore`, undefined, { "if-match": '"2"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
  });

  it("is nothing of another tenant's, deleted or not", async () => {
    await remove();
    for (const what of ["restore", "purge"]) expect((await other.api.post(`${path}/${what}`)).status).toBe(404);
    expect((await other.api.get("/v1/connectors?deleted=true")).body.data).toEqual([]);
    expect((await tenant.api.post(`${path}/restore`)).status).toBe(200);
    expect((await other.api.post(`${path}/purge`)).status).toBe(404);
    expect((await tenant.api.get(path)).status).toBe(200);
  });

  it("cannot be restored once its time is over, although it is still there", async () => {
    await remove();
    await sql(`update connector_deletions set purge_at = now() where connector_id = '${id}'`);
    expect(await tenant.api.post(`${path}/restore`)).toMatchObject({ status: 410, body: { code: "RESTORE_TOO_LATE" } });
    expect((await tenant.api.get(path)).status).toBe(404);
  });

  it("goes under the new data key when keys rotate meanwhile, and works when it is restored", async () => {
    await remove();
    await new ApiClient(service.url, platformKey).post("/v1/keys/rotate", { dataKeys: true });
    expect(await service.keyRotations.runOnce()).toBe(true);
    const stale = await get().queryPastGuards(
      `select 1 from connectors c join data_keys k on k.id = c.credentials_key_id where c.id = '${id}' and k.status = 'retired'`,
    );
    expect(stale).toEqual([]);
    expect((await tenant.api.post(`${path}/restore`)).status).toBe(200);
    expect((await tenant.api.run(id, "identity", {})).status).toBe(200);
    expect(revocations(service)).toBe(0);
  });
});
