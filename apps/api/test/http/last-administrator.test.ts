import { afterAll, beforeAll, expect, it } from "vitest";
import { updateUser } from "../../src/actions/update-user.js";
import type { Caller } from "../../src/authorization/index.js";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("administrators who take each other's rights at one moment", (get) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService(get().database);
  });
  afterAll(() => service?.close());

  interface Administrator {
    readonly id: string;
    readonly api: ApiClient;
  }

  const add = async (tenant: TestTenantClient): Promise<Administrator> => {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: "Bo", roles: ["admin", "editor"] };
    const { id } = (await tenant.api.post("/v1/users", person)).body;
    const { key } = (await tenant.api.post("/v1/api-keys", { name: "bo", userId: id })).body;
    return { id, api: new ApiClient(service.url, key) };
  };
  const activeAdministrators = async (tenantId: string): Promise<number> => {
    const [row] = await get().queryPastGuards(
      `select count(*)::int as count from users
       where tenant_id = '${tenantId}' and disabled_at is null and 'admin' = any(roles)`,
    );
    return Number(row?.count);
  };

  it.each([
    ["disable", { disabled: true }, { disabled: true }],
    ["demote", { roles: ["editor"] }, { roles: ["viewer"] }],
    ["disable and demote", { disabled: true }, { roles: ["viewer"] }],
  ])("leaves one of two who %s each other", async (_what, first, second) => {
    for (let round = 0; round < 5; round += 1) {
      const tenant = await service.createTenant();
      const other = await add(tenant);
      const answers = await Promise.all([
        tenant.api.patch(`/v1/users/${other.id}`, first),
        other.api.patch(`/v1/users/${tenant.userId}`, second),
      ]);
      expect(await activeAdministrators(tenant.tenantId), `round ${round}`).toBe(1);
      // 401: the loser's key had stopped working before their request was let in.
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 403 || status === 401)).toHaveLength(1);
    }
  });

  it("leaves one of two whose requests were let in before either was carried out", async () => {
    const tenant = await service.createTenant();
    const other = await add(tenant);
    const callerOf = (userId: string): Caller => ({
      ...{ tenantId: tenant.tenantId, userId, userName: "Bo", apiKeyId: userId, roles: ["admin"] },
      ...{ requestId: "request", ip: "127.0.0.1" },
    });
    const [first, second] = await Promise.allSettled([
      updateUser(service.services, callerOf(tenant.userId), other.id, { disabled: true }),
      updateUser(service.services, callerOf(other.id), tenant.userId, { roles: ["viewer"] }),
    ]);
    expect(await activeAdministrators(tenant.tenantId)).toBe(1);
    const refused = first.status === "rejected" ? first : second;
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "FORBIDDEN" } });
  });

  it("leaves one of four who disable one another in a ring", async () => {
    const tenant = await service.createTenant();
    const ring = [{ id: tenant.userId, api: tenant.api }, await add(tenant), await add(tenant), await add(tenant)];
    const answers = await Promise.all(
      ring.map(({ api }, index) => api.patch(`/v1/users/${ring[(index + 1) % 4]?.id}`, { disabled: true })),
    );
    expect(await activeAdministrators(tenant.tenantId)).toBeGreaterThanOrEqual(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
  });

  it("lets one administrator disable another, and mend it again", async () => {
    const tenant = await service.createTenant();
    const other = await add(tenant);
    for (const disabled of [true, false]) {
      const answer = await tenant.api.patch(`/v1/users/${other.id}`, { disabled });
      expect(answer).toMatchObject({ status: 200, body: { disabled } });
    }
  });
});
