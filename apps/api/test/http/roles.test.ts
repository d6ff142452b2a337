import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

type RoleName = "admin" | "editor" | "approver" | "operator" | "viewer";
const roleNames: readonly RoleName[] = ["admin", "editor", "approver", "operator", "viewer"];

describe("roles", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  const clients = new Map<RoleName, { readonly api: ApiClient; readonly userId: string }>();

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    for (const role of roleNames) {
      const user = await tenant.api.post("/v1/users", { email: `${role}@example.com`, name: role, roles: [role] });
      const key = await tenant.api.post("/v1/api-keys", { name: role, userId: user.body.id });
      clients.set(role, { api: new ApiClient(service.url, key.body.key), userId: user.body.id });
    }
  });
  afterAll(() => service?.close());

  const as = (role: RoleName) => {
    const client = clients.get(role);
    if (!client) throw new Error(`No client for ${role}`);
    return client;
  };
  /** Which roles get past authorisation, whatever comes after it. */
  const allowed = async (call: (api: ApiClient) => Promise<{ readonly body: { code?: string } | undefined }>) => {
    const answers = await Promise.all(
      roleNames.map(async (role) => [role, (await call(as(role).api)).body?.code] as const),
    );
    return answers.filter(([, code]) => code !== "FORBIDDEN").map(([role]) => role);
  };

  it("lets those who may write records cancel operation runs, and those who may read them look", async () => {
    const path = "/v1/operation-runs/01999999-9999-7999-8999-999999999999";
    expect(await allowed((api) => api.post(`${path}/cancel`))).toEqual(["admin", "editor", "operator"]);
    for (const read of [path, "/v1/operation-runs"]) {
      expect(await allowed((api) => api.get(read)), read).toEqual(["admin", "editor", "operator", "viewer"]);
    }
  });

  it("lets administrators and editors change connectors, and everybody read them", async () => {
    const { body } = await tenant.api.post("/v1/connectors", sandboxConnector(service));
    const path = `/v1/connectors/${body.id}`;
    expect(await allowed((api) => api.post("/v1/connectors", sandboxConnector(service)))).toEqual(["admin", "editor"]);
    expect(await allowed((api) => api.patch(path, { name: "x" }, { "if-match": '"999"' }))).toEqual([
      "admin",
      "editor",
    ]);
    expect(await allowed((api) => api.post(`${path}/authorize`))).toEqual(["admin", "editor"]);
    expect(await allowed((api) => api.post(`${path}/disconnect`))).toEqual(["admin", "editor"]);
    expect(await allowed((api) => api.post(`${path}/test`))).toEqual(["admin", "editor", "operator"]);
    expect(await allowed((api) => api.post(`${path}/refresh`))).toEqual(["admin", "editor"]);
    for (const read of [path, `${path}/operations`, `${path}/entities`, `${path}/entities/Account`]) {
      expect(await allowed((api) => api.get(read)), read).toEqual(roleNames);
    }
    expect(await allowed((api) => api.get("/v1/connector-types/salesforce"))).toEqual(roleNames);
    expect(await allowed((api) => api.get("/v1/connector-types"))).toEqual(roleNames);
    expect(await allowed((api) => api.delete(path, { "if-match": '"999"' }))).toEqual(["admin", "editor"]);
  });

  it("lets administrators and editors make and change inbound endpoints, and everybody see what came", async () => {
    const { body } = await tenant.api.post("/v1/connectors", sandboxConnector(service));
    const endpoint = { type: "salesforce", name: "x", environment: "sandbox" };
    const path = `/v1/inbound-endpoints/${crypto.randomUUID()}`;
    for (const write of [
      (api: ApiClient) => api.post("/v1/inbound-endpoints", endpoint),
      (api: ApiClient) => api.patch(path, { name: "x" }, { "if-match": '"1"' }),
      (api: ApiClient) => api.delete(path),
    ]) {
      expect(await allowed(write)).toEqual(["admin", "editor"]);
    }
    for (const read of ["/v1/inbound-endpoints", path, `/v1/connectors/${body.id}/inbound-events`]) {
      expect(await allowed((api) => api.get(read)), read).toEqual(roleNames);
    }
  });

  it("tells reading operations from writing ones", async () => {
    const { body } = await tenant.api.post("/v1/connectors", sandboxConnector(service));
    const create = { sobject: "Account", record: { Name: "x" } };
    expect(await allowed((api) => api.run(body.id, "limits", {}))).toEqual(["admin", "editor", "operator", "viewer"]);
    expect(await allowed((api) => api.run(body.id, "records.create", create))).toEqual(["admin", "editor", "operator"]);
    const soql = { soql: "SELECT Id FROM Account" };
    const ndjson = { accept: "application/x-ndjson" };
    expect(await allowed((api) => api.run(body.id, "query", soql, ndjson))).toEqual([
      "admin",
      "editor",
      "operator",
      "viewer",
    ]);
  });

  it("keeps people, other people's keys and the audit log to those who need them", async () => {
    const newUser = () => ({ email: `${crypto.randomUUID()}@example.com`, name: "New", roles: ["viewer"] });
    expect(await allowed((api) => api.post("/v1/users", newUser()))).toEqual(["admin"]);
    expect(await allowed((api) => api.get("/v1/users"))).toEqual(["admin", "approver"]);
    const promote = { roles: ["admin"] };
    const { userId: viewerId } = as("viewer");
    expect(await allowed((api) => api.patch(`/v1/users/${crypto.randomUUID()}`, promote))).toEqual(["admin"]);
    expect((await as("viewer").api.patch(`/v1/users/${viewerId}`, promote)).status).toBe(403);
    expect((await as("editor").api.patch(`/v1/users/${viewerId}`, promote)).status).toBe(403);
    expect(await allowed((api) => api.get("/v1/audit-events"))).toEqual(["admin", "approver"]);
    expect(await allowed((api) => api.post("/v1/api-keys", { name: "own" }))).toEqual(roleNames);
    expect(await allowed((api) => api.post("/v1/api-keys", { name: "other", userId: tenant.userId }))).toEqual([
      "admin",
    ]);
    const own = await as("viewer").api.get("/v1/api-keys");
    expect(new Set(own.body.data.map(({ userId }: { userId: string }) => userId))).toEqual(
      new Set([as("viewer").userId]),
    );
    const all = await tenant.api.get("/v1/api-keys?limit=200");
    const admins = all.body.data.find(({ userId }: { userId: string }) => userId === tenant.userId);
    expect((await as("editor").api.delete(`/v1/api-keys/${admins.id}`)).status).toBe(404);
    expect(all.text).not.toContain('"key"');
  });

  it("takes the rights of a disabled person from their keys at once, and nobody's own administrator's rights", async () => {
    const user = await tenant.api.post("/v1/users", { email: "leaver@example.com", name: "Leaver", roles: ["viewer"] });
    const key = await tenant.api.post("/v1/api-keys", { name: "leaver", userId: user.body.id });
    const leaver = new ApiClient(service.url, key.body.key);
    expect((await leaver.get("/v1/connectors")).status).toBe(200);
    const disabled = await tenant.api.patch(`/v1/users/${user.body.id}`, { disabled: true });
    expect(disabled).toMatchObject({ status: 200, body: { disabled: true } });
    expect((await leaver.get("/v1/connectors")).status).toBe(401);
    const self = await tenant.api.patch(`/v1/users/${tenant.userId}`, { roles: ["viewer"] });
    expect(self).toMatchObject({ status: 409, body: { code: "LAST_ADMINISTRATOR" } });
  });

  it("audits what was refused", async () => {
    await as("viewer").api.get("/v1/users");
    const { body } = await tenant.api.get("/v1/audit-events?outcome=denied");
    expect(body.data[0]).toMatchObject({ action: "users.read", actor: { userId: as("viewer").userId } });
    expect(body.data[0].requestId).toEqual(expect.any(String));
  });

  it("opens tenants, keys and the platform's audit to the platform key only", async () => {
    const platform = new ApiClient(service.url, platformKey);
    const tenants = await platform.get("/v1/tenants?limit=200");
    expect(tenants.body.data).toContainEqual(expect.objectContaining({ id: tenant.tenantId }));
    expect((await tenant.api.get("/v1/tenants")).status).toBe(401);
    expect((await new ApiClient(service.url, undefined).get("/v1/tenants")).status).toBe(401);
    for (const path of ["/v1/keys", "/v1/keys/rotations", "/v1/platform/audit-events"]) {
      expect((await platform.get(path)).status, path).toBe(200);
      expect((await tenant.api.get(path)).status, path).toBe(401);
    }
    expect((await tenant.api.post("/v1/keys/rotate", {})).status).toBe(401);
    const closed = await startTestService(get().database, {
      settings: { platformKey: undefined },
      sandbox: service.sandbox,
    });
    try {
      const answer = await new ApiClient(closed.url, platformKey).get("/v1/tenants");
      expect(answer).toMatchObject({ status: 403, body: { code: "PLATFORM_KEY_NOT_CONFIGURED" } });
    } finally {
      await closed.close();
    }
  });
});
