import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { requestToken } from "../client.js";
import { Caller } from "./caller.js";

let now = Date.parse("2026-03-10T10:00:00Z");
let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false, clock: () => now });
});
beforeEach(async () => {
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

describe("limits", () => {
  it("refuse a call while too many long ones are open, and let it through when they are done", async () => {
    sandbox.configure({ concurrentRequests: 1, longRequestMs: 20_000 });
    sandbox.addFault({ path: "/services/data/v60.0/sobjects", delayMs: 300 });
    const long = caller.get("/sobjects");
    await expect.poll(() => sandbox.requests({ path: "/services/data/v60.0/sobjects" })).toHaveLength(1);
    expect((await caller.get("/limits")).status).toBe(200);
    now += 20_000;
    expect(await caller.get("/limits")).toMatchObject({
      status: 403,
      json: [
        {
          errorCode: "REQUEST_LIMIT_EXCEEDED",
          message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        },
      ],
    });
    await long;
    await expect.poll(async () => (await caller.get("/limits")).status).toBe(200);
  });

  it("tell the day's calls with every answer, refusals too, and every kind by name", async () => {
    const { json, headers } = await caller.get("/limits");
    expect(headers.get("sforce-limit-info")).toBe("api-usage=1/5000000");
    expect(json).toMatchObject({ DailyApiRequests: { Max: 5_000_000, Remaining: 4_999_999 } });
    expect(Object.keys(json ?? {})).toEqual(
      expect.arrayContaining(["HourlyPublishedPlatformEvents", "DailyBulkV2QueryJobs", "PermissionSets"]),
    );
    sandbox.configure({ dailyApiRequests: 1 });
    const refused = await caller.get("/limits");
    expect(refused).toMatchObject({ status: 403, json: [{ message: "TotalRequests Limit exceeded." }] });
    expect(refused.headers.get("sforce-limit-info")).toBe("api-usage=1/1");
  });
});

describe("the client credentials flow", () => {
  it("is refused at the generic login host", async () => {
    sandbox.configure({ genericLoginHost: "127.0.0.1" });
    expect(await requestToken(sandbox, { grant_type: "client_credentials" })).toMatchObject({
      status: 400,
      json: { error: "invalid_grant", error_description: "request not supported on this domain" },
    });
    sandbox.configure({ genericLoginHost: "localhost" });
    expect((await requestToken(sandbox, { grant_type: "client_credentials" })).status).toBe(200);
  });
});
