import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("connecting in a browser", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let browser: TestBrowser;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    browser = new TestBrowser();
  });

  const authorize = async (body: object = {}): Promise<string> =>
    (await tenant.api.post(`/v1/connectors/${connectorId}/authorize`, body)).body.authorizationUrl;
  /** Goes as far as the vendor's answer and stops before our callback. */
  const untilCallback = async (link: string): Promise<string> =>
    (await browser.follow(link, (next) => next.includes("/oauth/callback/"))).url;
  const status = async (): Promise<string> => (await tenant.api.get(`/v1/connectors/${connectorId}`)).body.status;

  it("sends the person on by a link of ours, with state, PKCE and the callback of the type", async () => {
    const link = await authorize();
    expect(link).toMatch(new RegExp(`^${service.url}/oauth/start/[\\w-]{43}$`));
    const start = await browser.open(link);
    expect(start.status).toBe(302);
    const target = new URL(start.headers.get("location") ?? "");
    expect(target.origin).toBe(service.sandbox.url);
    expect(target.searchParams.get("code_challenge_method")).toBe("S256");
    expect(target.searchParams.get("redirect_uri")).toBe(`${service.url}/oauth/callback/salesforce`);
    expect(target.searchParams.get("state")).toMatch(/^[\w-]{43}$/);
    expect(start.headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("opens a link once", async () => {
    const link = await authorize();
    expect((await browser.open(link)).status).toBe(302);
    const again = await new TestBrowser().open(link);
    expect(again.status).toBe(400);
    expect(again.headers.get("content-type")).toContain("text/html");
    expect(again.text).toContain("AUTHORIZATION_LINK_INVALID");
    expect((await browser.open(`${service.url}/oauth/start/${"A".repeat(43)}`)).status).toBe(400);
  });

  it("does not use a link up for something that only looks at it", async () => {
    const link = await authorize();
    expect((await fetch(link, { method: "HEAD", redirect: "manual" })).status).toBe(404);
    expect((await browser.open(link)).status).toBe(302);
  });

  it("refuses a callback in a browser without the cookie, which can still be finished in the right one", async () => {
    const callback = await untilCallback(await authorize());
    const stranger = await new TestBrowser().follow(callback);
    expect(stranger.status).toBe(400);
    expect(stranger.text).toContain("cookie");
    expect(await status()).toBe("disconnected");
    expect((await browser.follow(callback)).status).toBe(200);
    expect(await status()).toBe("connected");
  });

  it("refuses a cookie of another authorisation", async () => {
    const callback = await untilCallback(await authorize());
    const other = new TestBrowser();
    await other.open(await authorize());
    const cookie = other.setCookies[0]?.split(";")[0]?.split("=")[1];
    const name = browser.setCookies[0]?.split("=")[0];
    const thief = new TestBrowser();
    thief.keep(service.url, `${name}=${cookie}; Path=/oauth`);
    const answer = await thief.follow(callback);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("another browser");
  });

  it("refuses a callback that comes twice, and asks the vendor for nothing", async () => {
    const callback = await untilCallback(await authorize());
    expect((await browser.follow(callback)).status).toBe(200);
    service.sandbox.clearRequests();
    browser.keep(service.url, browser.setCookies[0] ?? "");
    const replay = await browser.follow(callback);
    expect(replay.status).toBe(400);
    expect(replay.text).toContain("used already");
    expect(service.sandbox.requests()).toEqual([]);
    expect(await status()).toBe("connected");
  });

  it("refuses a state that nobody began, a missing one, and one that took too long", async () => {
    const unknown = await browser.follow(`${service.url}/oauth/callback/salesforce?code=c0de&state=${"s".repeat(43)}`);
    expect(unknown.status).toBe(400);
    expect((await browser.follow(`${service.url}/oauth/callback/salesforce?code=c0de`)).status).toBe(400);
    const callback = await untilCallback(await authorize());
    const superuser = await get().server.connectAsSuperuser(get().url);
    await superuser.query("update oauth_sessions set expires_at = now() - interval '1 second'");
    await superuser.end();
    const late = await browser.follow(callback);
    expect(late.status).toBe(400);
    expect(late.text).toContain("took too long");
    expect(await status()).toBe("disconnected");
  });

  it("refuses an answer at another type's address", async () => {
    const callback = await untilCallback(await authorize());
    const mixedUp = await browser.follow(callback.replace("/callback/salesforce", "/callback/quickbooks"));
    expect(mixedUp.status).toBe(400);
    expect(mixedUp.text).toContain("OAUTH_STATE_INVALID");
    expect(await status()).toBe("disconnected");
  });

  it("refuses a link that was made before the connector changed", async () => {
    const callback = await untilCallback(await authorize());
    await tenant.api.patch(`/v1/connectors/${connectorId}`, { name: "Changed" }, { "if-match": '"1"' });
    expect((await browser.follow(callback)).text).toContain("was changed since");
    expect(await status()).toBe("disconnected");
  });

  it("tells the person that they declined", async () => {
    const callback = new URL(await untilCallback(await authorize()));
    const state = callback.searchParams.get("state") ?? "";
    const denied = await browser.follow(
      `${service.url}/oauth/callback/salesforce?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=${state}`,
    );
    expect(denied.status).toBe(403);
    expect(denied.text).toContain("OAUTH_DENIED");
    expect(denied.text).not.toContain("<script");
    expect(await status()).toBe("disconnected");
    const { body } = await tenant.api.get(`/v1/audit-events?targetId=${connectorId}`);
    expect(body.data[0]).toMatchObject({ action: "connector.authorization_failed", details: { code: "OAUTH_DENIED" } });
  });

  it("shows names as text, never as HTML, and echoes neither code nor state", async () => {
    await tenant.api.patch(
      `/v1/connectors/${connectorId}`,
      { name: `<img src=x onerror="alert('&')">` },
      { "if-match": '"1"' },
    );
    const callback = await untilCallback(await authorize());
    const page = await browser.follow(callback);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain("<img");
    expect(page.text).toContain("&#60;img");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    const { searchParams } = new URL(callback);
    for (const secret of [searchParams.get("code") ?? "-", searchParams.get("state") ?? "-"]) {
      expect(page.text).not.toContain(secret);
      expect(service.logLines.join("\n")).not.toContain(secret);
    }
  });

  it("goes back to an allowed address with the outcome, and to no other", async () => {
    const link = await authorize({ returnTo: "https://app.example.com/settings?tab=crm" });
    const end = await browser.follow(link, (next) => next.startsWith("https://app.example.com"));
    expect(end.url).toBe(`https://app.example.com/settings?tab=crm&connector=${connectorId}&status=connected`);
    const refused = [
      "https://evil.example.com/",
      "https://app.example.com.evil.example/",
      "https://app.example.com@evil.example/",
      "http://app.example.com/",
      "https://app.example.com:8443/",
      "javascript:alert(1)//https://app.example.com",
    ];
    for (const returnTo of refused) {
      const answer = await tenant.api.post(`/v1/connectors/${connectorId}/authorize`, { returnTo });
      expect(answer, returnTo).toMatchObject({ status: 422, body: { code: "RETURN_TO_NOT_ALLOWED" } });
    }
  });

  it("goes back with the code of what went wrong", async () => {
    const callback = new URL(await untilCallback(await authorize({ returnTo: "https://app.example.com/" })));
    callback.searchParams.delete("code");
    callback.searchParams.set("error", "access_denied");
    const denied = await browser.open(callback.href);
    expect(denied.headers.get("location")).toBe(
      `https://app.example.com/?connector=${connectorId}&status=failed&code=OAUTH_DENIED`,
    );
  });

  it("keeps two authorisations in one browser apart", async () => {
    const first = await untilCallback(await authorize());
    const second = await untilCallback(await authorize());
    const [afterSecond, afterFirst] = [await browser.follow(second), await browser.follow(first)];
    expect([afterSecond.status, afterFirst.status]).toEqual([200, 200]);
    expect(afterFirst.url).not.toBe(afterSecond.url);
    expect((await browser.open(afterSecond.url)).text).toBe(afterSecond.text);
  });

  it("ends the authorisation when the connector gets another address, and keeps it when only its name changes", async () => {
    await browser.follow(await authorize());
    const path = `/v1/connectors/${connectorId}`;
    const renamed = await tenant.api.patch(path, { name: "Renamed" }, { "if-match": '"1"' });
    expect(renamed.body).toMatchObject({ status: "connected", account: { id: expect.any(String) } });
    expect((await tenant.api.run(connectorId, "identity", {})).status).toBe(200);
    const moved = await tenant.api.patch(
      path,
      { externalSystemUrl: "https://login.salesforce.com" },
      { "if-match": '"2"' },
    );
    expect(moved.body).toMatchObject({
      status: "disconnected",
      account: null,
      externalSystemUrl: "https://login.salesforce.com",
      configuration: { loginUrl: "https://login.salesforce.com" },
    });
    service.sandbox.clearRequests();
    expect(await tenant.api.run(connectorId, "identity", {})).toMatchObject({
      status: 409,
      body: { code: "RECONNECT_REQUIRED" },
    });
    expect(service.sandbox.requests()).toEqual([]);
  });

  it("needs no API key of the person, and sets a Secure cookie where the service is reached by https", async () => {
    const secure = await startTestService(get().database, {
      sandbox: service.sandbox,
      settings: { publicUrl: () => "https://isthmus.example.com" },
    });
    try {
      const other = await secure.createTenant();
      const { body } = await other.api.post("/v1/connectors", sandboxConnector(service));
      const link = await other.api.post(`/v1/connectors/${body.id}/authorize`);
      const path = new URL(link.body.authorizationUrl).pathname;
      const start = await new ApiClient(secure.url, undefined).get(path);
      expect(start.status).toBe(302);
      expect(start.headers.getSetCookie()[0]).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    } finally {
      await secure.close();
    }
  });
});
