import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

type RoleName = "admin" | "editor" | "approver" | "operator" | "viewer";
const roleNames: readonly RoleName[] = ["admin", "editor", "approver", "operator", "viewer"];

// Which role gets past which route is in role-matrix.test.ts: here is what depends on more than the route.
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

  it("lets administrators alone make keys for others", async () => {
    for (const role of roleNames) {
      const answer = await as(role).api.post("/v1/api-keys", { name: "other", userId: tenant.userId });
      if (role === "admin") expect(answer.status).toBe(201);
      else expect(answer, role).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    }
  });

  it("shows everybody their own keys, an administrator those of all, and nobody a key itself", async () => {
    const own = await as("viewer").api.get("/v1/api-keys");
    expect(new Set(own.body.data.map(({ userId }: { userId: string }) => userId))).toEqual(
      new Set([as("viewer").userId]),
    );
    const all = await tenant.api.get("/v1/api-keys?limit=200");
    const admins = all.body.data.find(({ userId }: { userId: string }) => userId === tenant.userId);
    expect((await as("editor").api.delete(`/v1/api-keys/${admins.id}`)).status).toBe(404);
    expect(all.text).not.toContain('"key"');
  });

  it("are given to nobody by themselves", async () => {
    for (const role of ["viewer", "editor"] as const) {
      const { api, userId } = as(role);
      expect((await api.patch(`/v1/users/${userId}`, { roles: ["admin"] })).status, role).toBe(403);
    }
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

  it("opens tenants, keys and the platform's audit to the platform key, where one is configured", async () => {
    const platform = new ApiClient(service.url, platformKey);
    const tenants = await platform.get("/v1/tenants?limit=200");
    expect(tenants.body.data).toContainEqual(expect.objectContaining({ id: tenant.tenantId }));
    for (const path of ["/v1/keys", "/v1/keys/rotations", "/v1/platform/audit-events"]) {
      expect((await platform.get(path)).status, path).toBe(200);
    }
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
