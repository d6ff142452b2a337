import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("rotating an API key", (get) => {
  const hour = 3_600_000;
  const day = 24 * hour;
  const inAnHour = new Date(Date.now() + hour).toISOString();
  const inTwoHours = new Date(Date.now() + 2 * hour).toISOString();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  interface Holder {
    readonly api: ApiClient;
    readonly userId: string;
    readonly keyId: string;
  }

  const holder = async (role: string, expiry: { readonly expiresAt?: string } = {}): Promise<Holder> => {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: role, roles: [role] };
    const { id: userId } = (await tenant.api.post("/v1/users", person)).body;
    const made = (await tenant.api.post("/v1/api-keys", { name: "nightly", userId, ...expiry })).body;
    return { api: new ApiClient(service.url, made.key), userId, keyId: made.id };
  };
  const rotate = (api: ApiClient, keyId: string, body?: object) => api.post(`/v1/api-keys/${keyId}/rotate`, body);
  const statusOf = async (api: ApiClient) => (await api.get("/v1/connectors")).status;
  const untilNow = (instant: string) => new Date(instant).getTime() - Date.now();

  it("gives the same person a key of the same name, and lets the old one work for another day", async () => {
    const { api, userId, keyId } = await holder("operator");
    const { status, body } = await rotate(api, keyId);
    expect(status).toBe(201);
    expect(body).toMatchObject({ userId, name: "nightly", expiresAt: null, rotatedTo: null });
    expect(body.former).toMatchObject({ id: keyId, rotatedTo: body.id, revokedAt: null });
    expect(body.former).not.toHaveProperty("key");
    expect(Math.abs(untilNow(body.former.expiresAt) - day)).toBeLessThan(60_000);
    const renewed = new ApiClient(service.url, body.key);
    expect([await statusOf(api), await statusOf(renewed)]).toEqual([200, 200]);
    expect((await renewed.post("/v1/connectors", {})).status).toBe((await api.post("/v1/connectors", {})).status);
    const listed = await renewed.get("/v1/api-keys");
    expect(listed.body.data).toHaveLength(2);
    expect(listed.text).not.toContain(body.key);
  });

  it("ends the old key at once without an overlap, even where it is the caller's own", async () => {
    const { api, keyId } = await holder("viewer");
    const { body } = await rotate(api, keyId, { overlapSeconds: 0 });
    expect(body.former).toMatchObject({ expiresAt: null, revokedAt: expect.any(String) });
    expect([await statusOf(api), await statusOf(new ApiClient(service.url, body.key))]).toEqual([401, 200]);
  });

  it("refuses the old key once the overlap is over", async () => {
    const { api, keyId } = await holder("viewer");
    const { body } = await rotate(api, keyId, { overlapSeconds: 1 });
    await expect.poll(() => statusOf(api), { timeout: 5_000 }).toBe(401);
    expect(untilNow(body.former.expiresAt)).toBeLessThanOrEqual(0);
    expect(await statusOf(new ApiClient(service.url, body.key))).toBe(200);
  });

  it("never makes the old key last longer than it would have", async () => {
    const { api, keyId } = await holder("editor", { expiresAt: inAnHour });
    const { body } = await rotate(api, keyId, { overlapSeconds: 30 * 86_400 });
    expect(body).toMatchObject({ expiresAt: inAnHour, former: { expiresAt: inAnHour } });
  });

  it.each([-1, 0.5, 30 * 86_400 + 1, "60", null])("takes no overlap of %s", async (overlapSeconds) => {
    const { api, keyId } = await holder("viewer");
    expect(await rotate(api, keyId, { overlapSeconds })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "overlapSeconds" }] },
    });
  });

  it("makes no key that outlives the caller's, whichever of the person's keys is rotated", async () => {
    const { api, userId, keyId } = await holder("operator", { expiresAt: inAnHour });
    const lasting = (await tenant.api.post("/v1/api-keys", { name: "lasting", userId })).body.id;
    for (const answer of [await rotate(api, keyId, { expiresAt: inTwoHours }), await rotate(api, lasting)]) {
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "expiresAt" }] } });
      expect(answer.body.detail).toContain(inAnHour);
    }
    expect((await rotate(api, lasting, { expiresAt: inAnHour })).body).toMatchObject({ expiresAt: inAnHour });
    // Rotated itself, a key has the overlap left, and makes none beyond it.
    expect((await rotate(api, keyId, { overlapSeconds: 60 })).status).toBe(201);
    expect((await api.post("/v1/api-keys", { name: "more", expiresAt: inAnHour })).status).toBe(400);
  });

  it("lets an administrator renew anybody's key for longer, and nobody another person's", async () => {
    const { api, userId, keyId } = await holder("editor", { expiresAt: inAnHour });
    const other = await holder("approver");
    expect(await rotate(other.api, keyId)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    const foreign = await service.createTenant();
    expect((await rotate(foreign.api, keyId)).status).toBe(404);
    expect(await statusOf(api)).toBe(200);
    const { body } = await rotate(tenant.api, keyId, { expiresAt: inTwoHours });
    expect(body).toMatchObject({ userId, expiresAt: inTwoHours });
    expect(await rotate(tenant.api, body.id, { expiresAt: "2020-01-01T00:00:00Z" })).toMatchObject({
      status: 400,
      body: { errors: [{ path: "expiresAt" }] },
    });
  });

  it("rotates a key once, also when it is asked twice at one moment, and says which key to rotate instead", async () => {
    const { api, keyId } = await holder("operator");
    const answers = await Promise.all([rotate(api, keyId), rotate(api, keyId), rotate(api, keyId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const again = await rotate(api, keyId);
    const made = answers.find(({ status }) => status === 201)?.body;
    expect(again).toMatchObject({ status: 409, body: { code: "API_KEY_NOT_ROTATABLE" } });
    expect(again.body.detail).toContain(made.id);
    expect((await api.get("/v1/api-keys")).body.data).toHaveLength(2);
    expect((await rotate(new ApiClient(service.url, made.key), made.id)).status).toBe(201);
  });

  it("brings no withdrawn or expired key back", async () => {
    const { keyId } = await holder("viewer");
    await tenant.api.delete(`/v1/api-keys/${keyId}`);
    const { keyId: expired } = await holder("viewer", { expiresAt: inAnHour });
    await get().queryPastGuards(`update api_keys set expires_at = now() - interval '1 s' where id = '${expired}'`);
    for (const id of [keyId, expired]) {
      const answer = await rotate(tenant.api, id, { expiresAt: inTwoHours });
      expect(answer).toMatchObject({ status: 409, body: { code: "API_KEY_NOT_ROTATABLE" } });
    }
  });

  it("lets the old key be withdrawn during the overlap, at once", async () => {
    const { api, keyId } = await holder("viewer");
    const { body } = await rotate(api, keyId);
    const renewed = new ApiClient(service.url, body.key);
    expect((await renewed.delete(`/v1/api-keys/${keyId}`)).status).toBe(204);
    expect([await statusOf(api), await statusOf(renewed)]).toEqual([401, 200]);
  });

  it("is audited with both keys and neither secret", async () => {
    const { api, userId, keyId } = await holder("viewer");
    const { body } = await rotate(api, keyId);
    const audit = await tenant.api.get(`/v1/audit-events?action=api_key.rotated&targetId=${keyId}`);
    expect(audit.body.data).toEqual([
      expect.objectContaining({
        actor: expect.objectContaining({ userId, apiKeyId: keyId }),
        outcome: "success",
        details: expect.objectContaining({ successorId: body.id, endsAt: body.former.expiresAt }),
      }),
    ]);
    expect(audit.text).not.toContain(body.key);
  });
});
