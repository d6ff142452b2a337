import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint, cloudEvents, connectedTo, deliver } from "../inbound/deliveries.js";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

describe("a database that is away", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks] });
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
  });
  afterAll(() => service?.close());

  it("turns readiness off and requests of every kind into retryable 503s, and everything goes on without a restart", async () => {
    const { api } = tenant;
    const path = `/v1/connectors/${connectorId}`;
    const ready = () => api.get("/readyz");
    const link = async () => (await api.post(`${path}/authorize`)).body.authorizationUrl;
    const [unopened, opened] = [await link(), await link()];
    const browser = new TestBrowser();
    const callback = (await browser.follow(opened, (next) => next.includes("/oauth/callback/"))).url;
    const booksId = await connectedTo(service, tenant, "1001");
    const { url } = await addEndpoint(tenant);
    const send = () => deliver(url, cloudEvents([{ id: "e-1", realmId: "1001" }]), "verifier");
    expect((await ready()).status).toBe(200);
    await get().server.stop();

    const platform = new ApiClient(service.url, platformKey);
    const administrator = { name: "A", email: "a@example.com" };
    const answers = await Promise.all([
      ready(),
      api.get("/v1/connectors"),
      api.post("/v1/connectors", sandboxConnector(service)),
      api.patch(path, { name: "x" }, { "if-match": '"1"' }),
      api.delete(path),
      api.post(`${path}/test`),
      api.run(connectorId, "limits", {}),
      api.run(connectorId, "query", { soql: "SELECT Id FROM Account" }, { accept: "application/x-ndjson" }),
      api.get(`${path}/entities`),
      api.get("/v1/users"),
      api.post("/v1/api-keys", { name: "x" }),
      api.get("/v1/audit-events"),
      api.get("/v1/connector-types"),
      platform.get("/v1/tenants"),
      platform.post("/v1/tenants", { name: "x", administrator }),
    ]);
    for (const away of answers) {
      expect(away).toMatchObject({ status: 503, body: { code: "DATABASE_UNAVAILABLE", retryable: true } });
      expect(away.headers.get("retry-after")).toBe("2");
      expect(away.text).not.toMatch(/postgres|127\.0\.0\.1/i);
    }
    const undelivered = await send();
    expect([undelivered.status, JSON.parse(undelivered.text).code]).toEqual([503, "DATABASE_UNAVAILABLE"]);
    expect(undelivered.tookMs).toBeLessThan(3_000);
    for (const address of [unopened, callback]) {
      const page = await browser.open(address);
      expect([page.status, page.text.includes("DATABASE_UNAVAILABLE")]).toEqual([503, true]);
    }
    expect((await api.get("/healthz")).status).toBe(200);
    expect((await api.get("/openapi.json")).status).toBe(200);

    await get().server.start();
    await expect.poll(async () => (await ready()).status, { timeout: 20_000 }).toBe(200);
    expect((await api.get("/v1/connectors")).status).toBe(200);
    expect((await send()).status).toBe(200);
    expect((await api.get(`/v1/connectors/${booksId}/inbound-events`)).body.data).toHaveLength(1);
    // Nothing was used up: the person loads the same addresses again, and goes on.
    expect((await browser.follow(callback)).text).toContain("Connected");
    expect((await browser.open(unopened)).status).toBe(302);
    expect((await api.run(connectorId, "limits", {})).status).toBe(200);
  });
});
