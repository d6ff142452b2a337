import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService } from "../support/service.js";

describe("a database that is away", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService(get().database);
  });
  afterAll(() => service?.close());

  it("turns readiness off and requests into retryable 503s, and everything works again without a restart", async () => {
    const tenant = await service.createTenant();
    const ready = () => tenant.api.get("/readyz");
    expect((await ready()).status).toBe(200);
    await get().server.stop();
    const away = await ready();
    expect(away).toMatchObject({ status: 503, body: { code: "DATABASE_UNAVAILABLE", retryable: true } });
    const refused = await tenant.api.get("/v1/connectors");
    expect(refused).toMatchObject({ status: 503, body: { code: "DATABASE_UNAVAILABLE", retryable: true } });
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(refused.text).not.toMatch(/postgres|127\.0\.0\.1/i);
    expect((await tenant.api.get("/healthz")).status).toBe(200);
    await get().server.start();
    await expect.poll(async () => (await ready()).status, { timeout: 20_000 }).toBe(200);
    expect((await tenant.api.get("/v1/connectors")).status).toBe(200);
  });
});
