import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("connecting while other things happen", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let path: string;
  let browser: TestBrowser;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    service.sandbox.clearFaults();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    path = `/v1/connectors/${connectorId}`;
    browser = new TestBrowser();
  });

  const authorize = async (body: object = {}): Promise<string> =>
    (await tenant.api.post(`${path}/authorize`, body)).body.authorizationUrl;
  /** Goes as far as the vendor's answer and stops before our callback. */
  const untilCallback = async (link: string): Promise<string> =>
    (await browser.follow(link, (next) => next.includes("/oauth/callback/"))).url;
  const tokens = () =>
    service.services.database.asSystem(({ tokens }) => tokens.load({ tenantId: tenant.tenantId, connectorId }));
  /** Runs `meanwhile` when the vendor has been asked for the tokens and has not answered yet. */
  const finishWhile = async (callback: string, meanwhile: () => Promise<unknown>) => {
    service.sandbox.clearRequests();
    service.sandbox.addFault({ path: "/services/oauth2/token", delayMs: 1_000 });
    const finishing = browser.follow(callback);
    await expect.poll(() => service.sandbox.faults().length, { interval: 10 }).toBe(0);
    await meanwhile();
    return finishing;
  };
  const revocations = () => service.sandbox.requests().filter((request) => request.path.endsWith("/revoke")).length;

  it("leaves the address that holds code and state for one that holds neither", async () => {
    const callback = await untilCallback(await authorize());
    const answer = await browser.open(callback);
    expect([answer.status, answer.text]).toEqual([303, ""]);
    expect(answer.headers.get("location")).toMatch(/^\/oauth\/done\/[\w-]{16}$/);
    const end = await browser.follow(new URL(answer.headers.get("location") ?? "", service.url).href);
    expect(end.text).toContain("Connected");
    expect((await browser.open(end.url)).text).toBe(end.text);
    const elsewhere = await new TestBrowser().open(end.url);
    expect(elsewhere.text).toContain("Authorisation ended");
    expect(elsewhere.text).not.toContain("Our CRM");
  });

  it("shows a tampered result as none, and a long one in a cookie that browsers take", async () => {
    const link = await authorize();
    await tenant.api.patch(path, { name: "界".repeat(200) }, { "if-match": '"1"' });
    const again = await authorize();
    await browser.open(link);
    expect((await browser.follow(again)).text).toContain("界".repeat(100));
    const cookie = browser.setCookies.find((line) => line.startsWith("isthmus_oauth_result=")) ?? "";
    expect((cookie.split(";")[0] ?? "").length).toBeLessThan(4_000);
    const forged = new TestBrowser();
    for (const value of ["nonsense", Buffer.from('{"status":1}').toString("base64url"), "%00"]) {
      forged.keep(service.url, `isthmus_oauth_result=${value}; Path=/oauth`);
      expect((await forged.open(`${service.url}/oauth/done/x`)).text).toContain("Authorisation ended");
    }
  });

  it("is connected once the tokens are stored, also when the vendor does not say whose they are", async () => {
    const callback = await untilCallback(await authorize());
    service.sandbox.addFault({ pathPattern: "userinfo|/id/", status: 403, body: "Forbidden" });
    const page = await browser.follow(callback);
    expect(page.status).toBe(200);
    expect(page.text).toContain("did not say");
    expect((await tenant.api.get(path)).body).toMatchObject({ status: "connected", account: null });
    const { body } = await tenant.api.get(`/v1/audit-events?targetId=${connectorId}&action=connector.connected`);
    expect(body.data).toMatchObject([{ outcome: "success" }]);
    expect((await tenant.api.post(`${path}/test`)).body).toMatchObject({ ok: true });
    expect((await tenant.api.get(path)).body).toMatchObject({ account: { id: expect.stringMatching(/^00D/) } });
  });

  it("is asked by a sync whose account it is, where the vendor did not say so of the newest tokens", async () => {
    await browser.follow(await untilCallback(await authorize()));
    const callback = await untilCallback(await authorize());
    service.sandbox.addFault({ pathPattern: "userinfo|/id/", status: 403, body: "Forbidden" });
    expect((await browser.follow(callback)).text).toContain("did not say");
    const body = { entity: "Account", cron: "0 3 * * *", paused: true };
    const { body: schedule } = await tenant.api.post(`${path}/schedules`, body);
    await tenant.api.post(`/v1/schedules/${schedule.id}/run`, {});
    const worker = new SyncWorker(service.services);
    await worker.beginDue();
    await worker.settle();
    expect((await tenant.api.get(path)).body).toMatchObject({ account: { id: expect.stringMatching(/^00D/) } });
    const { body: tests } = await tenant.api.get(`/v1/audit-events?targetId=${connectorId}&action=connector.tested`);
    expect(tests.data).toMatchObject([{ outcome: "success" }]);
  });

  it("is not connected when the exchange of the code itself fails", async () => {
    const callback = await untilCallback(await authorize());
    service.sandbox.addFault({
      path: "/services/oauth2/token",
      status: 400,
      body: { error: "invalid_grant", error_description: "expired authorization code" },
    });
    expect((await browser.follow(callback)).status).toBeGreaterThanOrEqual(400);
    expect((await tenant.api.get(path)).body).toMatchObject({ status: "disconnected", account: null });
    expect((await tokens()).tokens).toBeUndefined();
  });

  it("gives the grant back when the connector is deleted while the vendor is asked", async () => {
    const page = await finishWhile(await untilCallback(await authorize()), async () => {
      expect((await tenant.api.delete(path)).status).toBe(204);
    });
    expect(page.text).toContain("changed or deleted meanwhile");
    expect((await tokens()).tokens).toBeUndefined();
    expect(revocations()).toBe(1);
  });

  it("gives the grant back when the connector gets another address while the vendor is asked", async () => {
    const change = { externalSystemUrl: "https://login.salesforce.com" };
    const page = await finishWhile(await untilCallback(await authorize()), async () => {
      expect((await tenant.api.patch(path, change, { "if-match": '"1"' })).status).toBe(200);
    });
    expect(page.text).toContain("OAUTH_STATE_INVALID");
    expect((await tenant.api.get(path)).body).toMatchObject({ status: "disconnected", account: null, ...change });
    expect((await tokens()).tokens).toBeUndefined();
    expect(revocations()).toBe(1);
  });

  it("tells the person that the connector was deleted before they came back", async () => {
    const callback = await untilCallback(await authorize());
    expect((await tenant.api.delete(path)).status).toBe(204);
    service.sandbox.clearRequests();
    expect((await browser.follow(callback)).text).toContain("deleted meanwhile");
    expect(service.sandbox.requests()).toEqual([]);
  });

  it("connects for nobody who has lost the right since", async () => {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: "Eve Editor", roles: ["editor"] };
    const { id } = (await tenant.api.post("/v1/users", person)).body;
    const { key } = (await tenant.api.post("/v1/api-keys", { name: "eve", userId: id })).body;
    const ask = async () =>
      (await (
        await fetch(`${service.url}${path}/authorize`, { method: "POST", headers: { authorization: `Bearer ${key}` } })
      ).json()) as { authorizationUrl: string };
    const [first, second] = [await ask(), await ask()];
    const callbacks = [await untilCallback(first.authorizationUrl), await untilCallback(second.authorizationUrl)];
    for (const change of [{ roles: ["viewer"] }, { roles: ["editor"], disabled: true }]) {
      await tenant.api.patch(`/v1/users/${id}`, change);
      const page = await browser.follow(callbacks.shift() ?? "");
      expect([page.status, page.text.includes("FORBIDDEN")]).toEqual([403, true]);
    }
    expect((await tenant.api.get(path)).body.status).toBe("disconnected");
  });
});
