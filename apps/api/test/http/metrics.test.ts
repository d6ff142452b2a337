import { afterAll, beforeAll, expect, it } from "vitest";
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

describeLongWork("GET /metrics", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    const { body } = await tenant.api.post("/v1/connectors", sandboxConnector(service));
    connectorId = body.id;
    const link = await tenant.api.post(`/v1/connectors/${connectorId}/authorize`, {});
    await new TestBrowser().follow(link.body.authorizationUrl);
  });
  afterAll(() => service?.close());

  const read = async () => {
    const answer = await new ApiClient(service.url, platformKey).get("/metrics");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=/);
    return answer.text;
  };
  /** Value of the only series of this name that has all of these labels. */
  const seriesValue = (text: string, name: string, labels: Record<string, string>): number => {
    const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
    const found = lines.filter((line) =>
      Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
    );
    expect(found).toHaveLength(1);
    return Number(found[0]?.split(" ").at(-1));
  };

  it("needs the platform key: a tenant's does not do, and none does not either", async () => {
    for (const key of [undefined, tenant.apiKey, "something-else"]) {
      const { status, text } = await new ApiClient(service.url, key).get("/metrics");
      expect(status).toBe(401);
      expect(text).not.toContain("isthmus_");
    }
  });

  it("shows the organisation's limits of each connector, from the answers that it got", async () => {
    const labels = { type: "salesforce", tenant: tenant.tenantId, connector: connectorId, limit: "api-usage" };
    service.sandbox.configure({ dailyApiRequests: 1_000 });
    await tenant.api.run(connectorId, "limits", {});
    const before = seriesValue(await read(), "isthmus_limit_used", labels);
    expect(before).toBeGreaterThan(0);
    for (let call = 0; call < 10; call += 1) await tenant.api.run(connectorId, "limits", {});
    const text = await read();
    expect(seriesValue(text, "isthmus_limit_used", labels)).toBe(before + 10);
    expect(seriesValue(text, "isthmus_limit_max", labels)).toBe(1_000);
  });

  it("counts operations, renewals, requests to the vendor and its own, by what came of them", async () => {
    const operation = { type: "salesforce", operation: "records.retrieve" };
    const missing = { sobject: "Account", id: "001000000000000AAA" };
    await tenant.api.run(connectorId, "records.retrieve", missing);
    await tenant.api.post(`/v1/connectors/${connectorId}/refresh`);
    const text = await read();
    const count = (name: string, labels: Record<string, string>) => seriesValue(text, `${name}_count`, labels);
    expect(count("isthmus_operation_duration_seconds", { ...operation, outcome: "NOT_FOUND" })).toBe(1);
    expect(seriesValue(text, "isthmus_token_renewals_total", { type: "salesforce", outcome: "ok" })).toBe(1);
    const vendor = { type: "salesforce", method: "GET", try: "first" };
    expect(count("isthmus_vendor_request_duration_seconds", { ...vendor, outcome: "4xx" })).toBe(1);
    expect(count("isthmus_vendor_request_duration_seconds", { ...vendor, outcome: "2xx" })).toBeGreaterThan(5);
    expect(seriesValue(text, "isthmus_vendor_requests_at_work", { type: "salesforce" })).toBe(0);
    // Requests by their routes' patterns: an address would make a series of each record.
    expect(text).toMatch(
      /isthmus_http_request_duration_seconds_count\{method="POST",route="[^"]*:[^"]*operations[^"]*"/,
    );
    expect(text).not.toContain(missing.id);
    expect(text).not.toMatch(new RegExp(`route="[^"]*${connectorId}`));
    expect(text).toMatch(/^isthmus_connectors_open 1$/m);
  });

  it("shows the connections of the connectors that are open: there, in use, and waited for", async () => {
    const labels = { type: "salesforce", pool: "connections" };
    const states = async () => {
      const text = await read();
      const value = (state: string) => seriesValue(text, "isthmus_pool", { ...labels, state });
      return { open: value("open"), busy: value("busy"), waiting: value("waiting") };
    };
    await tenant.api.run(connectorId, "limits", {});
    const idle = await states();
    expect(idle).toEqual({ open: expect.any(Number), busy: 0, waiting: 0 });
    expect(idle.open).toBeGreaterThan(0);
    service.sandbox.addFault({ path: "/services/data", delayMs: 30_000 });
    const caller = new AbortController();
    const slow = fetch(`${service.url}/v1/connectors/${connectorId}/operations/limits`, {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.apiKey}`, "content-type": "application/json" },
      body: "{}",
      signal: caller.signal,
    });
    await expect.poll(async () => (await states()).busy, { interval: 20 }).toBe(1);
    caller.abort();
    await expect(slow).rejects.toThrow();
    await expect.poll(async () => (await states()).busy, { interval: 20 }).toBe(0);
  });

  it("forgets the limits of a connector that is deleted", async () => {
    expect(await read()).toContain(connectorId);
    const { body } = await tenant.api.get(`/v1/connectors/${connectorId}`);
    const deleted = await tenant.api.delete(`/v1/connectors/${connectorId}`, { "if-match": `"${body.version}"` });
    expect(deleted.status).toBe(204);
    expect(await read()).not.toContain(connectorId);
  });

  it("forgets them of every connector of a tenant that is deleted", async () => {
    const doomed = await service.createTenant();
    const { body } = await doomed.api.post("/v1/connectors", sandboxConnector(service));
    const link = await doomed.api.post(`/v1/connectors/${body.id}/authorize`, {});
    await new TestBrowser().follow(link.body.authorizationUrl);
    await doomed.api.run(body.id, "limits", {});
    expect(await read()).toContain(body.id);
    const platform = new ApiClient(service.url, platformKey);
    const tenants = (await platform.get("/v1/tenants?limit=200")).body.data;
    const { name } = tenants.find(({ id }: { id: string }) => id === doomed.tenantId);
    const deleted = await platform.send("DELETE", `/v1/tenants/${doomed.tenantId}`, { name }, {});
    expect(deleted.status).toBe(200);
    expect(await read()).not.toContain(doomed.tenantId);
  });
});
