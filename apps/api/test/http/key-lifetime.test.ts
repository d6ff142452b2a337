import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("the life of a key that a key has made", () => {
  const get = useServerDatabase();
  const hour = 3_600_000;
  const expiresAt = new Date(Date.now() + hour).toISOString();
  const earlier = new Date(Date.now() + hour / 2).toISOString();
  const later = new Date(Date.now() + hour + 1).toISOString();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  const expiringKeyOf = async (role: string): Promise<ApiClient> => {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: role, roles: [role] };
    const { id } = (await tenant.api.post("/v1/users", person)).body;
    const made = await tenant.api.post("/v1/api-keys", { name: "contractor", userId: id, expiresAt });
    return new ApiClient(service.url, made.body.key);
  };

  it.each([
    ["none", {}],
    ["a later one", { expiresAt: later }],
  ])("ends no later than that one: %s is refused, in words, at the field", async (_what, expiry) => {
    const api = await expiringKeyOf("operator");
    const answer = await api.post("/v1/api-keys", { name: "for ever", ...expiry });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED", errors: [{ path: "expiresAt" }] } });
    expect(answer.body.detail).toContain(expiresAt);
    expect(answer.body.detail).toContain("administrator");
    expect((await api.get("/v1/api-keys")).body.data).toHaveLength(1);
  });

  it.each([
    ["the same expiry", expiresAt],
    ["an earlier one", earlier],
  ])("may have %s", async (_what, expiry) => {
    const api = await expiringKeyOf("viewer");
    const answer = await api.post("/v1/api-keys", { name: "shorter", expiresAt: expiry });
    expect(answer).toMatchObject({ status: 201, body: { expiresAt: expiry } });
  });

  it("is free where that one does not expire", async () => {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: "Vi", roles: ["viewer"] };
    const { id } = (await tenant.api.post("/v1/users", person)).body;
    const { key } = (await tenant.api.post("/v1/api-keys", { name: "lasting", userId: id })).body;
    expect(await new ApiClient(service.url, key).post("/v1/api-keys", { name: "another" })).toMatchObject({
      status: 201,
      body: { expiresAt: null },
    });
  });

  it("is free where that one is an administrator's, so that a tenant can always renew its keys", async () => {
    const api = await expiringKeyOf("admin");
    expect(await api.post("/v1/api-keys", { name: "renewed" })).toMatchObject({
      status: 201,
      body: { expiresAt: null },
    });
  });

  it("is documented", async () => {
    const { body } = await tenant.api.get("/openapi.json");
    expect(body.paths["/v1/api-keys"].post.description).toMatch(/outlive/);
  });
});
