import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { deleteTenant } from "../../src/actions/delete-tenant.js";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

const revokePath = "/services/oauth2/revoke";

describeLongWork("deleting a tenant", (get) => {
  const keys = LocalKeyring.generate();
  let service: TestService;
  let platform: ApiClient;
  let tenant: TestTenantClient;
  let name: string;

  beforeAll(async () => {
    service = await startTestService(get().database, { keys });
    platform = new ApiClient(service.url, platformKey);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    service.sandbox.reset();
    tenant = await service.createTenant();
    const { body } = await platform.get("/v1/tenants?limit=200");
    name = body.data.find(({ id }: { id: string }) => id === tenant.tenantId).name;
  });

  const addConnector = async (): Promise<string> =>
    (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
  async function connect(): Promise<string> {
    const id = await addConnector();
    const link = await tenant.api.post(`/v1/connectors/${id}/authorize`);
    expect((await new TestBrowser().follow(link.body.authorizationUrl)).text).toContain("Connected");
    return id;
  }
  const remove = (body: object, id = tenant.tenantId) => platform.send("DELETE", `/v1/tenants/${id}`, body, {});
  const revocations = () => service.sandbox.requests().filter(({ path }) => path.startsWith(revokePath));
  /** Tables that have rows of the tenant, the tenant's own row included. */
  async function tablesOf(tenantId: string): Promise<string[]> {
    const columns = await get().queryPastGuards(
      `select table_name as name, column_name as key from information_schema.columns
       where table_schema = 'public' and (column_name = 'tenant_id' or (table_name = 'tenants' and column_name = 'id'))`,
    );
    expect(columns.length).toBeGreaterThan(8);
    const found: string[] = [];
    for (const { name: table, key } of columns) {
      const rows = await get().queryPastGuards(`select 1 from ${table} where ${key} = '${tenantId}' limit 1`);
      if (rows.length > 0) found.push(String(table));
    }
    return found.toSorted();
  }

  it("leaves no row of it but its audit, and nothing that opens", async () => {
    const [connected] = [await connect(), await connect(), await addConnector()];
    expect((await tenant.api.run(connected, "identity", {})).status).toBe(200);
    const [copy] = await get().queryPastGuards(`select credentials from connectors where id = '${connected}'`);
    const place = { tenantId: tenant.tenantId, table: "connectors", recordId: connected, field: "credentials" };
    const { vault } = service.services;
    expect(await vault.open(copy?.credentials, place)).toMatchObject({ clientId: expect.any(String) });
    expect(await tablesOf(tenant.tenantId)).toEqual(
      expect.arrayContaining(["connector_tokens", "data_keys", "oauth_sessions", "tenants"]),
    );
    const size = service.services.pool.size;
    service.sandbox.clearRequests();

    const answer = await remove({ name });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        tenant: { id: tenant.tenantId, name },
        dataKeys: 1,
        connectors: 3,
        grants: { revoked: 2, notRevoked: [] },
      },
    });
    expect(await tablesOf(tenant.tenantId)).toEqual(["audit_events", "audit_heads"]);
    expect(revocations()).toHaveLength(2);
    // In this process too, whose cache held the data key until now.
    await expect(vault.open(copy?.credentials, place)).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    expect(service.services.pool.size).toBeLessThan(size);
    expect(await tenant.api.get("/v1/connectors")).toMatchObject({ status: 401 });
    expect(await remove({ name })).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });

  it("is in the platform's audit, beside its making, and the tenant's own audit can still be read there", async () => {
    const id = await addConnector();
    await platform.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name }, { "x-request-id": "the-deletion" });
    const events = (await platform.get("/v1/platform/audit-events?limit=2")).body.data;
    expect(events).toEqual([
      {
        id: expect.any(String),
        action: "tenant.deleted",
        outcome: "success",
        actor: null,
        target: { type: "tenant", id: tenant.tenantId },
        details: { name, dataKeys: 1, connectors: 1, grants: { revoked: 0, notRevoked: [] } },
        ip: "127.0.0.1",
        requestId: "the-deletion",
        occurredAt: expect.any(String),
        chain: null,
      },
      expect.objectContaining({ action: "tenant.created", target: { type: "tenant", id: tenant.tenantId } }),
    ]);
    const own = await platform.get(`/v1/platform/audit-events?tenantId=${tenant.tenantId}`);
    expect(own.body.data.map(({ action }: { action: string }) => action)).toEqual([
      "connector.created",
      "api_key.used",
      "tenant.created",
    ]);
    expect(own.body.data[0]).toMatchObject({ actor: { userId: tenant.userId }, target: { id } });
  });

  it("pages the platform's audit, newest first", async () => {
    const first = await platform.get("/v1/platform/audit-events?limit=1");
    const second = await platform.get(`/v1/platform/audit-events?limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body.data[0].id < first.body.data[0].id).toBe(true);
  });

  it("says which grants may live on at a vendor that is away, and deletes the tenant all the same", async () => {
    const [first, second] = [await connect(), await connect()];
    service.sandbox.addFault({ path: revokePath, cutBefore: true, times: 20 });
    const { body } = await remove({ name });
    expect(body.grants.revoked).toBe(0);
    expect(body.grants.notRevoked).toHaveLength(2);
    for (const connectorId of [first, second]) {
      expect(body.grants.notRevoked).toContainEqual({ connectorId, code: "CONNECTION_FAILED" });
    }
    const [event] = (await platform.get("/v1/platform/audit-events?limit=1")).body.data;
    expect(event.details.grants).toEqual(body.grants);
    expect(await tablesOf(tenant.tenantId)).toEqual(["audit_events", "audit_heads"]);
  });

  it("waits for a silent vendor no longer than it may", async () => {
    const id = await connect();
    service.sandbox.addFault({ path: revokePath, delayMs: 60_000 });
    const input = { tenantId: tenant.tenantId, name, revokeWithinMs: 100 };
    const deleted = await deleteTenant(service.services, { id: "request", ip: "127.0.0.1" }, input);
    expect(deleted.grants).toEqual({ revoked: 0, notRevoked: [{ connectorId: id, code: "TIMEOUT" }] });
    expect(await tablesOf(tenant.tenantId)).toEqual(["audit_events", "audit_heads"]);
  });

  it("gives up grants that do not open, and names them", async () => {
    const id = await connect();
    // What the vendor is still being asked about the tokens would be stored over what is done to them here.
    await service.services.pool.close();
    await get().queryPastGuards(
      `update connector_tokens set tokens = jsonb_set(tokens, '{tag}', '"AAAAAAAAAAAAAAAAAAAAAA"') returning 1`,
    );
    const { body } = await remove({ name });
    expect(body.grants).toEqual({ revoked: 0, notRevoked: [{ connectorId: id, code: "SEALED_VALUE_UNREADABLE" }] });
  });

  it("does nothing unless the body repeats the tenant's name", async () => {
    const before = await tablesOf(tenant.tenantId);
    for (const body of [{}, { name: `${name} ` }, { name: tenant.tenantId }]) {
      expect(await remove(body)).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    }
    expect((await platform.delete(`/v1/tenants/${tenant.tenantId}`)).status).toBe(400);
    expect(await tenant.api.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name }, {})).toMatchObject({
      status: 401,
    });
    expect(await tablesOf(tenant.tenantId)).toEqual(before);
    expect((await tenant.api.get("/v1/connectors")).status).toBe(200);
  });

  it("leaves other tenants alone", async () => {
    const other = await service.createTenant();
    expect((await other.api.post("/v1/connectors", sandboxConnector(service))).status).toBe(201);
    const before = await tablesOf(other.tenantId);
    await addConnector();
    expect((await remove({ name })).status).toBe(200);
    expect(await tablesOf(other.tenantId)).toEqual(before);
    expect((await other.api.get("/v1/connectors")).body.data).toHaveLength(1);
  });

  it("is all there or not at all, and can be done again", async () => {
    await addConnector();
    await get().queryPastGuards(
      "alter table platform_events add constraint refused check (action <> 'tenant.deleted') not valid",
    );
    try {
      expect((await remove({ name })).status).toBe(500);
    } finally {
      await get().queryPastGuards("alter table platform_events drop constraint refused");
    }
    expect(await tablesOf(tenant.tenantId)).toEqual(expect.arrayContaining(["connectors", "data_keys", "tenants"]));
    // It was closed before: nobody uses a tenant that is being deleted.
    expect((await tenant.api.get("/v1/connectors")).status).toBe(401);
    expect((await remove({ name })).status).toBe(200);
  });
});
