import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { QuickbooksSandbox } from "../../src/index.js";
import { redirectUri, send } from "../client.js";
import { apiWith, authorizeUrl, connect, fieldsOf, refresh, requestToken, startForTest } from "./client.js";

const day = 24 * 60 * 60 * 1000;
const start = Date.parse("2026-11-26T09:00:00Z");
let now = start;
let sandbox: QuickbooksSandbox;

beforeAll(async () => {
  sandbox = await startForTest({ clock: () => now });
});

beforeEach(() => {
  now = start;
  sandbox.reset();
});

afterAll(() => sandbox.close());

describe("the authorize page", () => {
  it("offers the companies, and sends code, state and realm back when one is connected", async () => {
    sandbox.configure({ skipConsent: false });
    const page = await send(authorizeUrl(sandbox, { state: "a b&c" }));
    expect(page.text).toContain("Fjordline Garden Design");
    expect(page.text).toContain("Fjordline Holdings");
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const [, second = ""] = sandbox.realmIds;
    const body = new URLSearchParams({ request, username: second, decision: "allow" });
    const answer = await send(`${sandbox.url}/connect/oauth2`, { method: "POST", body });
    const target = new URL(answer.headers.get("location") ?? "");
    expect(target.searchParams.get("realmId")).toBe(second);
    expect(target.searchParams.get("state")).toBe("a b&c");
    expect(target.searchParams.get("code")).toMatch(/^XAB1/);
    const again = await send(`${sandbox.url}/connect/oauth2`, { method: "POST", body });
    expect(again.status).toBe(400);
  });

  it("sends access_denied back when the person does not allow it", async () => {
    sandbox.configure({ skipConsent: false });
    const page = await send(authorizeUrl(sandbox));
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const body = new URLSearchParams({ request, decision: "deny" });
    const answer = await send(`${sandbox.url}/connect/oauth2`, { method: "POST", body });
    const target = new URL(answer.headers.get("location") ?? "");
    expect(target.searchParams.get("error")).toBe("access_denied");
    expect(target.searchParams.has("realmId")).toBe(false);
  });

  it.each([
    ["an unknown client", { client_id: "other" }, "invalid_client"],
    ["a redirect URI on another machine without TLS", { redirect_uri: "http://example.com/cb" }, "invalid_request"],
    ["no state", { state: undefined }, "invalid_request"],
    ["an unknown scope", { scope: "com.intuit.everything" }, "invalid_scope"],
    ["another response type", { response_type: "token" }, "unsupported_response_type"],
  ])("shows a page instead of redirecting for %s", async (_case, parameters, error) => {
    const answer = await send(authorizeUrl(sandbox, parameters));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`error=${error}`);
    expect(answer.headers.get("location")).toBeNull();
  });
});

describe("the token endpoint", () => {
  it("tells the lifetimes in seconds, and the hard end only when it is asked for", async () => {
    const { tokens, refresh_token } = await connect(sandbox);
    expect(tokens).toEqual({
      token_type: "bearer",
      access_token: expect.any(String),
      expires_in: 3600,
      refresh_token,
      x_refresh_token_expires_in: 100 * 24 * 3600,
    });
    const asked = await requestToken(
      sandbox,
      { grant_type: "refresh_token", refresh_token },
      { "x-include-refresh-token-hard-expires-in": "true" },
    );
    expect(asked.json).toHaveProperty("x_refresh_token_hard_expires_in", 5 * 365 * 24 * 3600);
  });

  it("takes a code once, and only with the redirect URI that it was made for", async () => {
    const codeOf = async () =>
      new URL((await send(authorizeUrl(sandbox))).headers.get("location") ?? "").searchParams.get("code") ?? "";
    const exchange = (code: string, uri = redirectUri) =>
      requestToken(sandbox, { grant_type: "authorization_code", code, redirect_uri: uri });
    const code = await codeOf();
    expect((await exchange(code)).status).toBe(200);
    expect(await exchange(code)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    expect((await exchange(await codeOf(), "http://127.0.0.1/other")).status).toBe(400);
    const late = await codeOf();
    now += 6 * 60 * 1000;
    expect((await exchange(late)).status).toBe(400);
  });

  it.each(["Basic bm9ib2R5OndvbmRlcnM=", "Bearer x", ""])("refuses the client %j with 401", async (authorization) => {
    const answer = await requestToken(sandbox, { grant_type: "refresh_token", refresh_token: "x" }, { authorization });
    expect(answer).toMatchObject({ status: 401, json: { error: "invalid_client" } });
  });

  it("gives no reason with invalid_grant", async () => {
    const answer = await refresh(sandbox, "RT1-none");
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ error: "invalid_grant" });
    expect(answer.headers.get("intuit_tid")).toMatch(/^1-/);
  });

  it("lets the access token run out after an hour and the refresh token after 100 idle days", async () => {
    const { realmId, access_token, refresh_token } = await connect(sandbox);
    now += 60 * 60 * 1000;
    expect((await apiWith(sandbox, realmId, access_token).get("/preferences")).status).toBe(401);
    now += 99 * day;
    const refreshed = await refresh(sandbox, refresh_token);
    expect(refreshed.status).toBe(200);
    now += 100 * day;
    expect((await refresh(sandbox, String(fieldsOf(refreshed.json).refresh_token))).status).toBe(400);
  });

  it("ends a connection after five years, however busy it was", async () => {
    let { refresh_token } = await connect(sandbox);
    for (let passed = 0; passed < 1_800; passed += 90) {
      now = start + passed * day;
      refresh_token = String(fieldsOf((await refresh(sandbox, refresh_token)).json).refresh_token);
    }
    now = start + 1_800 * day;
    expect((await refresh(sandbox, refresh_token)).json).toHaveProperty("x_refresh_token_expires_in", 25 * 24 * 3600);
    now = start + 1_825 * day;
    expect((await refresh(sandbox, refresh_token)).status).toBe(400);
  });

  it("leaves the connection alone when an old value comes back, and ends it when set to", async () => {
    sandbox.configure({ refreshTokenRotationMs: 0 });
    const { refresh_token: first } = await connect(sandbox);
    const second = String(fieldsOf((await refresh(sandbox, first)).json).refresh_token);
    expect(second).not.toBe(first);
    expect((await refresh(sandbox, first)).json).toEqual({ error: "invalid_grant" });
    const third = String(fieldsOf((await refresh(sandbox, second)).json).refresh_token);
    sandbox.configure({ revokeOnReuse: true });
    expect((await refresh(sandbox, second)).json).toEqual({ error: "invalid_grant" });
    expect((await refresh(sandbox, third)).json).toEqual({ error: "invalid_grant" });
  });
});

describe("the accounting API's door", () => {
  it("answers a missing or spent token in the gateway's lower-case shape", async () => {
    const { realmId } = await connect(sandbox);
    const answer = await apiWith(sandbox, realmId, "spent").get("/companyinfo/1");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer /);
    expect(answer.json).toMatchObject({
      fault: {
        type: "AUTHENTICATION",
        error: [{ code: "3200", message: "message=AuthenticationFailed; errorCode=003200; statusCode=401" }],
      },
    });
    expect(answer.json).not.toHaveProperty("Fault");
  });

  it("refuses another company, one that does not exist, and a token without the scope with 403 and 3100", async () => {
    const { realmId, access_token } = await connect(sandbox);
    const [, other = ""] = sandbox.realmIds;
    for (const wrong of [other, "123"]) {
      const answer = await apiWith(sandbox, wrong, access_token).get("/companyinfo/1");
      expect(answer).toMatchObject({ status: 403, json: { fault: { error: [{ code: "3100" }] } } });
    }
    const narrow = await connect(sandbox, { scope: "openid" });
    expect((await apiWith(sandbox, realmId, narrow.access_token).get("/companyinfo/1")).status).toBe(403);
  });
});
