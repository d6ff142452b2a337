import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { send } from "../client.js";
import { type Api, apiWith, connect, fieldsOf, openApi, startForTest } from "./client.js";

const start = Date.parse("2026-11-26T09:00:00Z");
let now = start;
const sandbox = await startForTest({ clock: () => now });
let api: Api;

beforeEach(async () => {
  now = start;
  sandbox.reset();
  api = await openApi(sandbox);
});

afterAll(() => sandbox.close());

const statuses = async (count: number, call: () => Promise<{ status: number }>): Promise<number[]> => {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await call()).status);
  return found;
};

describe("limits", () => {
  it("lets ten requests a second through, and more a second later", async () => {
    sandbox.configure({ throttle: true });
    expect(await statuses(11, () => api.get("/preferences"))).toEqual([...Array(10).fill(200), 429]);
    now += 1_001;
    const answer = await api.get("/preferences");
    expect(answer.status).toBe(200);
  });

  it("says 429 with the code 3001 in the gateway's shape", async () => {
    sandbox.configure({ throttle: true, requestsPerSecond: 1 });
    await api.get("/preferences");
    const answer = await api.get("/preferences");
    expect(answer).toMatchObject({ status: 429, json: { fault: { error: [{ code: "3001" }] } } });
    expect(fieldsOf(fieldsOf(answer.json).fault)).not.toHaveProperty("Error");
  });

  it("counts 500 requests a minute and company, and 40 batches", async () => {
    sandbox.configure({ throttle: true, requestsPerSecond: 1_000, requestsPerMinute: 50 });
    const batch = { BatchItemRequest: [{ bId: "1", Query: "select count(*) from Term" }] };
    const batches = await statuses(41, () => api.post("/batch", batch));
    expect(batches).toEqual([...Array(40).fill(200), 429]);
    expect(await statuses(11, () => api.get("/preferences"))).toEqual([...Array(10).fill(200), 429]);
    const [, other = ""] = sandbox.realmIds;
    expect(other).not.toBe(sandbox.realmId);
    now += 60_001;
    expect((await api.get("/preferences")).status).toBe(200);
  });

  it("lets a cut connection make room for the next request", async () => {
    sandbox.configure({ throttle: true, concurrentRequests: 1 });
    sandbox.addFault({ method: "GET", cutAfter: true });
    await expect(api.get("/preferences")).rejects.toThrow();
    await expect.poll(async () => (await api.get("/preferences")).status).toBe(200);
  });

  it("lets no more requests be open at once than it says", async () => {
    sandbox.configure({ throttle: true, concurrentRequests: 2, latencyMs: 300 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.get("/preferences")));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429, 429]);
    expect((await api.get("/preferences")).status).toBe(200);
  });

  it("refuses reads, and only reads, when the monthly allowance is used up", async () => {
    sandbox.configure({ corePlusBlocked: true });
    expect((await api.get("/preferences")).status).toBe(429);
    expect((await api.query("select * from Customer")).status).toBe(429);
    expect((await api.post("/query", "select * from Customer")).status).toBe(429);
    expect((await api.post("/customer", { DisplayName: "Still written" })).status).toBe(200);
  });

  it("sends forty e-mails a day", async () => {
    sandbox.configure({ throttle: true, requestsPerSecond: 1_000, emailsPerDay: 2 });
    const [invoice] = sandbox.records(sandbox.realmId).all("Invoice");
    const path = `/invoice/${invoice?.Id}/send?sendTo=a@b.example`;
    expect(await statuses(3, () => api.post(path, ""))).toEqual([200, 200, 429]);
  });
});

describe("faults on demand", () => {
  it("plays a Fault inside 200, 500, 503, the limit, and cuts", async () => {
    const Fault = { Error: [{ Message: "m", Detail: "d", code: "610", element: "" }], type: "ValidationFault" };
    for (const rule of [
      { status: 200, body: { Fault, time: "t" } },
      { status: 500 },
      { status: 503, body: "<html>Service Unavailable</html>" },
      { rateLimit: true as const },
    ]) {
      sandbox.addFault(rule);
      const answer = await api.get("/preferences");
      expect(answer.status).toBe(rule.status ?? 429);
      expect(answer.headers.get("intuit_tid")).toMatch(/^1-/);
      if (rule.status === 200) expect(answer.json).toHaveProperty("Fault.Error");
    }
    sandbox.addFault({ cutBefore: true });
    await expect(api.get("/preferences")).rejects.toThrow();
    sandbox.addFault({ cutBody: true });
    await expect(api.get("/preferences")).rejects.toThrow();
    expect((await api.get("/preferences")).status).toBe(200);
  });

  it("answers as the gateway in XML when it is told to", async () => {
    sandbox.configure({ gatewayXml: true, throttle: true, requestsPerSecond: 1 });
    await api.get("/preferences");
    const answer = await api.get("/preferences");
    expect(answer.status).toBe(429);
    expect(answer.headers.get("content-type")).toContain("application/xml");
    expect(answer.text).toContain('<Error code="3001">');
  });

  it("commits before it cuts", async () => {
    sandbox.addFault({ method: "POST", path: "/v3/company", cutAfter: true });
    await expect(api.post("/customer", { DisplayName: "Committed" })).rejects.toThrow();
    const names = sandbox.records(sandbox.realmId).all("Customer");
    expect(names.some((record) => record.DisplayName === "Committed")).toBe(true);
  });

  it("names every response, refusals included", async () => {
    const { realmId } = await connect(sandbox);
    const seen = new Set<string | null>();
    for (const answer of [
      await api.get("/preferences"),
      await api.get("/nowhere/at/all"),
      await apiWith(sandbox, realmId, "none").get("/preferences"),
      await send(`${sandbox.url}/oauth2/v1/tokens/bearer`, { method: "POST" }),
    ]) {
      seen.add(answer.headers.get("intuit_tid"));
    }
    expect(seen.size).toBe(4);
    expect(seen.has(null)).toBe(false);
  });
});

describe("the control routes", () => {
  it("change settings, expire tokens, revoke grants and reset from another process", async () => {
    const control = (path: string, body: unknown = {}) =>
      send(`${sandbox.url}/__sandbox${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect((await send(`${sandbox.url}/__sandbox/health`)).json).toEqual({ status: "ok", vendor: "quickbooks" });
    expect((await control("/settings", { emailsPerDay: 7 })).json).toMatchObject({ emailsPerDay: 7 });
    expect((await control("/settings", { emailsPerDay: 0 })).status).toBe(400);
    expect((await control("/settings", { refreshTokenRotationMs: 0 })).status).toBe(200);
    expect((await control("/expire-access-tokens")).json).toEqual({ expired: 1 });
    expect((await api.get("/preferences")).status).toBe(401);
    expect((await control("/revoke-grants")).json).toEqual({ revoked: 1 });
    await control("/reset");
    expect((await send(`${sandbox.url}/__sandbox/settings`)).json).toMatchObject({ emailsPerDay: 40 });
  });
});
