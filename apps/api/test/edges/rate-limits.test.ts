import { systemClock } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

const perKey = 5;
const perTenant = 8;
const refusedPerAddress = 3;

describe("rate limits", () => {
  const get = useServerDatabase();
  let service: TestService;
  let passedMs = 0;
  let tenant: TestTenantClient;
  let secondKey: string;

  beforeAll(async () => {
    service = await startTestService(get().database, {
      clock: { ...systemClock, now: () => Date.now() + passedMs },
      // The tests choose the address that they come from.
      edges: { rateLimits: { perKey, perTenant, refusedPerAddress }, trustedProxies: ["127.0.0.1"] },
    });
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    tenant = await service.createTenant();
    secondKey = (await tenant.api.post("/v1/api-keys", { name: "second" })).body.key;
    passedMs += 600_000;
  });

  let addresses = 0;
  const newAddress = () => {
    addresses += 1;
    return `203.0.113.${addresses}`;
  };
  const list = (key: string | undefined, address = "198.51.100.1") =>
    new ApiClient(service.url, key).get("/v1/connectors", { "x-forwarded-for": address });
  const wrongKey = () => `isth_00000000_${crypto.randomUUID().replaceAll("-", "").padEnd(43, "A")}`;
  const guess = (address: string, key = wrongKey()) => list(key, address);

  it("are told with every answer", async () => {
    const { headers } = await list(tenant.apiKey);
    expect(headers.get("ratelimit-policy")).toBe('"key";q=5;w=60, "tenant";q=8;w=60');
    expect(headers.get("ratelimit")).toBe('"key";r=4;t=12, "tenant";r=7;t=8');
  });

  it("end a key's requests with 429, Retry-After and words, and begin again with time", async () => {
    for (let index = 0; index < perKey; index += 1) expect((await list(tenant.apiKey)).status).toBe(200);
    const refused = await list(tenant.apiKey);
    expect(refused).toMatchObject({ status: 429, body: { code: "TOO_MANY_REQUESTS", retryable: true } });
    expect(refused.body.detail).toContain("this key");
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    const waitSeconds = Number(refused.headers.get("retry-after"));
    expect(waitSeconds).toBeGreaterThan(10);
    expect(waitSeconds).toBeLessThanOrEqual(12);
    expect(refused.headers.get("ratelimit")).toMatch(/^"key";r=0;t=\d+, "tenant";r=\d;t=\d+$/);
    passedMs += waitSeconds * 1000;
    expect((await list(tenant.apiKey)).status).toBe(200);
  });

  it("count all keys of a tenant together, and what one key was refused does not count", async () => {
    for (let index = 0; index < perKey + 5; index += 1) await list(tenant.apiKey);
    for (let index = 0; index < perTenant - perKey; index += 1) expect((await list(secondKey)).status).toBe(200);
    const refused = await list(secondKey);
    expect(refused).toMatchObject({ status: 429, body: { code: "TOO_MANY_REQUESTS" } });
    expect(refused.body.detail).toContain("this tenant");
    const other = await service.createTenant();
    expect((await list(other.apiKey)).status).toBe(200);
  });

  it("end the guessing of keys from one address, without stopping who is at work there", async () => {
    const address = newAddress();
    expect((await list(tenant.apiKey, address)).status).toBe(200);
    for (let index = 0; index < refusedPerAddress; index += 1) expect((await guess(address)).status).toBe(401);
    const refused = await guess(address);
    expect(refused).toMatchObject({ status: 429, body: { code: "TOO_MANY_REQUESTS", retryable: true } });
    expect(refused.headers.get("ratelimit-policy")).toBe('"refused credentials";q=3;w=60');
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(10);
    // Not even a good key is looked up that was not used before: it may be the next guess.
    expect((await list(secondKey, address)).status).toBe(429);
    expect((await list(tenant.apiKey, address)).status).toBe(200);
    expect((await list(secondKey, newAddress())).status).toBe(200);
    passedMs += 60_000;
    expect((await guess(address)).status).toBe(401);
  });

  it("look up a withdrawn key no more often than any other wrong one", async () => {
    const address = newAddress();
    expect((await list(secondKey, address)).status).toBe(200);
    const { body } = await tenant.api.get("/v1/api-keys", { "x-forwarded-for": newAddress() });
    const { id } = body.data.find(({ name }: { name: string }) => name === "second");
    await tenant.api.delete(`/v1/api-keys/${id}`, { "x-forwarded-for": newAddress() });
    for (let index = 0; index < refusedPerAddress; index += 1)
      expect((await guess(address, secondKey)).status).toBe(401);
    expect((await guess(address, secondKey)).status).toBe(429);
  });

  it("count an IPv6 network as one address: its owner has all of them", async () => {
    for (let index = 0; index < refusedPerAddress; index += 1) await guess(`2001:db8:7:7::${index + 1}`);
    expect((await guess("2001:db8:7:7:ffff::1")).status).toBe(429);
    expect((await guess("2001:db8:7:8::1")).status).toBe(401);
  });

  it("hold for the platform key and for links, too", async () => {
    const address = newAddress();
    const platform = (key: string) =>
      new ApiClient(service.url, key).get("/v1/tenants", { "x-forwarded-for": address });
    expect((await platform(platformKey)).status).toBe(200);
    for (let index = 0; index < refusedPerAddress; index += 1)
      expect((await platform(`guess ${index}`)).status).toBe(401);
    expect((await platform("another")).status).toBe(429);
    expect((await platform(platformKey)).status).toBe(200);
    const browser = new ApiClient(service.url, undefined);
    const link = await browser.get(`/oauth/start/${"A".repeat(43)}`, { "x-forwarded-for": address });
    expect([link.status, link.headers.get("content-type")]).toEqual([429, "text/html; charset=utf-8"]);
    expect(Number(link.headers.get("retry-after"))).toBeGreaterThan(0);
    const elsewhere = newAddress();
    const open = () => browser.get(`/oauth/start/${"A".repeat(43)}`, { "x-forwarded-for": elsewhere });
    for (let index = 0; index < refusedPerAddress; index += 1) expect((await open()).status).toBe(400);
    expect((await open()).status).toBe(429);
  });

  it("do not count who sends no credential, and stay away from health", async () => {
    const address = newAddress();
    for (let index = 0; index < 10; index += 1) {
      expect((await list(undefined, address)).status).toBe(401);
      const { status, headers } = await new ApiClient(service.url, wrongKey()).get("/healthz", {
        "x-forwarded-for": address,
      });
      expect([status, headers.get("ratelimit")]).toEqual([200, null]);
    }
    expect((await guess(address)).status).toBe(401);
  });
});
