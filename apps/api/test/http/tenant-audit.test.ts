import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { describeOnDatabases } from "../support/databases.js";
import { platformKey, startTestService, type TestService } from "../support/service.js";

describeOnDatabases("what the platform key does", (get) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService(get().database);
  });
  afterAll(() => service?.close());

  const administrator = { name: "Ada Admin", email: "Ada@example.com" };

  it("is in the new tenant's own audit", async () => {
    const made = await new ApiClient(service.url, platformKey).post(
      "/v1/tenants",
      { name: "Acme", administrator },
      { "x-request-id": "request-of-the-platform" },
    );
    expect(made.status).toBe(201);
    const { tenant, apiKey, administrator: first } = made.body;
    const { body } = await new ApiClient(service.url, apiKey.key).get("/v1/audit-events?action=tenant.created");
    expect(body.data).toEqual([
      {
        id: expect.any(String),
        action: "tenant.created",
        outcome: "success",
        actor: null,
        target: { type: "tenant", id: tenant.id },
        details: { actor: "platform", name: "Acme", administratorId: first.id, apiKeyId: apiKey.id },
        ip: "127.0.0.1",
        requestId: "request-of-the-platform",
        occurredAt: expect.any(String),
        chain: null,
      },
    ]);
  });

  it("is all there or not at all", async () => {
    const before = await get().queryPastGuards("select count(*)::int as tenants from tenants");
    await get().queryPastGuards(
      "alter table audit_events add constraint refused check (action <> 'tenant.created') not valid",
    );
    try {
      const answer = await new ApiClient(service.url, platformKey).post("/v1/tenants", { name: "Half", administrator });
      expect(answer.status).toBe(500);
    } finally {
      await get().queryPastGuards("alter table audit_events drop constraint refused");
    }
    expect(await get().queryPastGuards("select count(*)::int as tenants from tenants")).toEqual(before);
  });

  it("is logged when the key was refused, without the key", async () => {
    const guess = "platform-key-that-somebody-has-guessed";
    const answer = await new ApiClient(service.url, guess).post(
      "/v1/tenants",
      { name: "Evil", administrator },
      { "x-request-id": "request-of-a-stranger" },
    );
    expect(answer.status).toBe(401);
    const lines = service.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 40,
        msg: "A platform key was refused",
        ip: "127.0.0.1",
        requestId: "request-of-a-stranger",
      }),
    );
    expect(service.logLines.join("\n")).not.toContain(guess);
  });
});
