import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import * as oidc from "openid-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../src/index.js";
import {
  authorizeUrl,
  callApi,
  makePkce,
  obtainCode,
  redirectUri,
  requestToken,
  send,
  signIn,
  tokensOf,
} from "./client.js";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
let now = Date.parse("2026-11-23T09:00:00Z");
let sandbox: SalesforceSandbox;

beforeEach(async () => {
  now = Date.parse("2026-11-23T09:00:00Z");
  sandbox = await startSalesforceSandbox({
    clock: () => now,
    seed: false,
    skipConsent: true,
    client: { jwtPublicKey: publicKey.export({ type: "spki", format: "pem" }).toString() },
  });
});

afterEach(() => sandbox.close());

const expired = { error: "invalid_grant", error_description: "expired access/refresh token" };

describe("the authorize page", () => {
  beforeEach(() => sandbox.configure({ skipConsent: false }));

  async function decide(decision: string, username: string): Promise<URL> {
    const page = await send(authorizeUrl(sandbox, { state: "a&b", scope: "api refresh_token" }));
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const body = new URLSearchParams({ request, decision, username });
    const answer = await send(`${sandbox.url}/services/oauth2/authorize`, { method: "POST", body });
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get("location") ?? "");
  }

  it("gives a code and the state back when a person allows it", async () => {
    const target = await decide("allow", sandbox.username);
    expect(target.href.startsWith(redirectUri)).toBe(true);
    expect(target.searchParams.get("state")).toBe("a&b");
    const code = target.searchParams.get("code") ?? "";
    const answer = await requestToken(sandbox, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
    expect(answer).toMatchObject({ status: 200, json: { scope: "api refresh_token" } });
  });

  it("signs in the person who was chosen", async () => {
    const target = await decide("allow", "mei.tanaka@fjordline.example");
    const code = target.searchParams.get("code") ?? "";
    const tokens = tokensOf(
      await requestToken(sandbox, { grant_type: "authorization_code", code, redirect_uri: redirectUri }),
    );
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const answer = await send(`${sandbox.url}/services/oauth2/userinfo`, { headers });
    expect(answer.json).toMatchObject({ preferred_username: "mei.tanaka@fjordline.example", name: "Mei Tanaka" });
  });

  it("says that the end user denied it", async () => {
    const target = await decide("deny", sandbox.username);
    expect(Object.fromEntries(target.searchParams)).toEqual({
      error: "access_denied",
      error_description: "end-user denied authorization",
      state: "a&b",
    });
  });

  it("takes each page once", async () => {
    const page = await send(authorizeUrl(sandbox));
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const body = new URLSearchParams({ request, decision: "deny" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const init = { method: "POST", body, headers };
    expect((await send(`${sandbox.url}/services/oauth2/authorize`, init)).status).toBe(302);
    expect((await send(`${sandbox.url}/services/oauth2/authorize`, init)).status).toBe(400);
  });

  it.each([
    [{ client_id: "someone-else" }, "invalid_client_id"],
    [{ redirect_uri: "http://evil.example/callback" }, "redirect_uri_mismatch"],
    [{ redirect_uri: "javascript:alert(1)" }, "redirect_uri_mismatch"],
    [{ redirect_uri: undefined }, "invalid_request"],
  ])("shows an error and redirects nowhere for %j", async (parameters, error) => {
    const answer = await send(authorizeUrl(sandbox, parameters));
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.text).toContain(`error=${error}`);
  });

  it.each([
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ scope: "api everything" }, "invalid_scope"],
    [{ code_challenge: "too-short" }, "invalid_request"],
    [{ code_challenge: makePkce().challenge, code_challenge_method: "plain" }, "invalid_request"],
  ])("tells the client about %j", async (parameters, error) => {
    const answer = await send(authorizeUrl(sandbox, parameters));
    const target = new URL(answer.headers.get("location") ?? "");
    expect([target.searchParams.get("error"), target.searchParams.get("state")]).toEqual([error, "s"]);
  });

  it("escapes what the client sent", async () => {
    const answer = await send(authorizeUrl(sandbox, { redirect_uri: 'https://a.example/"><b>' }));
    expect(answer.text).not.toContain('"><b>');
  });

  it("demands a challenge where the app is set up so", async () => {
    sandbox.configure({ requirePkce: true });
    const answer = await send(authorizeUrl(sandbox));
    expect(answer.headers.get("location")).toContain("missing+required+code+challenge");
  });
});

describe("the token endpoint, authorization code", () => {
  it("answers in Salesforce's shape", async () => {
    const body = await signIn(sandbox);
    expect(Object.keys(body).sort()).toEqual(
      ["access_token", "id", "instance_url", "issued_at", "refresh_token", "scope", "signature", "token_type"].sort(),
    );
    expect(body).toMatchObject({ instance_url: sandbox.url, token_type: "Bearer", issued_at: String(now) });
    const signed = createHmac("sha256", sandbox.client.secret).update(`${body.id}${now}`).digest("base64");
    expect(body.signature).toBe(signed);
  });

  it("takes a code once, before it expires, for the same redirect URI", async () => {
    const code = await obtainCode(sandbox);
    const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
    expect((await requestToken(sandbox, form)).status).toBe(200);
    expect(await requestToken(sandbox, form)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    const late = await obtainCode(sandbox);
    now += 15 * 60_000;
    const answer = await requestToken(sandbox, { ...form, code: late });
    expect(answer.json).toEqual({ error: "invalid_grant", error_description: "expired authorization code" });
    const moved = { ...form, code: await obtainCode(sandbox), redirect_uri: `${redirectUri}2` };
    expect(await requestToken(sandbox, moved)).toMatchObject({ status: 400, json: { error: "redirect_uri_mismatch" } });
  });

  it("verifies PKCE", async () => {
    const { verifier, challenge } = makePkce();
    const form = { grant_type: "authorization_code", redirect_uri: redirectUri };
    for (const code_verifier of ["x".repeat(43), ""]) {
      const code = await obtainCode(sandbox, { code_challenge: challenge, code_challenge_method: "S256" });
      const answer = await requestToken(sandbox, { ...form, code, ...(code_verifier && { code_verifier }) });
      expect(answer.json).toEqual({ error: "invalid_grant", error_description: "invalid code verifier" });
    }
    const code = await obtainCode(sandbox, { code_challenge: challenge });
    expect((await requestToken(sandbox, { ...form, code, code_verifier: verifier })).status).toBe(200);
    const unchallenged = { ...form, code: await obtainCode(sandbox), code_verifier: verifier };
    expect((await requestToken(sandbox, unchallenged)).status).toBe(400);
  });

  it("knows the client by Basic as well, and refuses a wrong secret", async () => {
    const encode = (secret: string) => `Basic ${btoa(`${sandbox.client.id}:${secret}`)}`;
    const form = { grant_type: "client_credentials" };
    expect((await requestToken(sandbox, form, { authorization: encode(sandbox.client.secret) })).status).toBe(200);
    const wrong = await requestToken(sandbox, form, { authorization: encode("wrong") });
    expect(wrong).toMatchObject({
      status: 400,
      json: { error: "invalid_client", error_description: "invalid client credentials" },
    });
    const unknown = await requestToken(sandbox, { ...form, client_id: "nobody" });
    expect(unknown.json).toEqual({ error: "invalid_client_id", error_description: "client identifier invalid" });
  });

  it("refuses flows that do not exist", async () => {
    expect((await requestToken(sandbox, { grant_type: "toString" })).json).toMatchObject({
      error: "unsupported_grant_type",
    });
    expect((await requestToken(sandbox, {})).json).toMatchObject({ error: "invalid_request" });
  });
});

describe("refreshing", () => {
  const refresh = (refresh_token: string) => requestToken(sandbox, { grant_type: "refresh_token", refresh_token });

  it("gives a new access token and keeps the refresh token", async () => {
    const first = await signIn(sandbox);
    const second = await refresh(first.refresh_token);
    expect(second.json).not.toHaveProperty("refresh_token");
    expect(tokensOf(second).access_token).not.toBe(first.access_token);
    expect((await refresh(first.refresh_token)).status).toBe(200);
  });

  it("rotates when asked to, and revokes the whole grant when a spent token comes back", async () => {
    sandbox.configure({ rotateRefreshTokens: true });
    const first = await signIn(sandbox);
    const second = tokensOf(await refresh(first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const third = tokensOf(await refresh(second.refresh_token));
    expect((await callApi(sandbox, third.access_token, "/limits")).status).toBe(200);
    expect(await refresh(first.refresh_token)).toMatchObject({ status: 400, json: expired });
    expect(await refresh(third.refresh_token)).toMatchObject({ status: 400, json: expired });
    expect((await callApi(sandbox, third.access_token, "/limits")).status).toBe(401);
  });

  it("leaves other grants alone when one is revoked", async () => {
    sandbox.configure({ rotateRefreshTokens: true });
    const [one, other] = [await signIn(sandbox), await signIn(sandbox)];
    await refresh(one.refresh_token);
    await refresh(one.refresh_token);
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });

  it("refuses a deactivated user", async () => {
    const tokens = await signIn(sandbox);
    const [, , userId] = new URL(String(tokens.id)).pathname.split("/").slice(1);
    await callApi(sandbox, tokens.access_token, `/sobjects/User/${userId}`, {
      method: "PATCH",
      body: { IsActive: false },
    });
    expect(await refresh(tokens.refresh_token)).toMatchObject({ status: 400, json: { error: "inactive_user" } });
  });

  it("gives no refresh token without its scope", async () => {
    const code = await obtainCode(sandbox, { scope: "api" });
    const answer = await requestToken(sandbox, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
    expect(answer.status).toBe(200);
    expect(answer.json).not.toHaveProperty("refresh_token");
  });

  it("revokes the oldest grant when a user has too many", async () => {
    sandbox.configure({ grantsPerUser: 2 });
    const grants = [await signIn(sandbox), await signIn(sandbox), await signIn(sandbox)];
    const statuses = await Promise.all(grants.map(async (tokens) => (await refresh(tokens.refresh_token)).status));
    expect(statuses).toEqual([400, 200, 200]);
  });
});

describe("access tokens", () => {
  it("run out after their lifetime", async () => {
    sandbox.configure({ accessTokenLifetimeMs: 60_000 });
    const { access_token } = await signIn(sandbox);
    now += 59_999;
    expect((await callApi(sandbox, access_token, "/limits")).status).toBe(200);
    now += 1;
    expect(await callApi(sandbox, access_token, "/limits")).toMatchObject({
      status: 401,
      json: [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }],
    });
  });

  it("run out on demand while refresh tokens stay good", async () => {
    const tokens = await signIn(sandbox);
    expect(sandbox.expireAccessTokens()).toBe(1);
    expect((await callApi(sandbox, tokens.access_token, "/limits")).status).toBe(401);
    const answer = await requestToken(sandbox, { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
    expect(answer.status).toBe(200);
    expect(sandbox.revokeGrants()).toBe(1);
    const after = await requestToken(sandbox, { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
    expect(after).toMatchObject({ status: 400, json: expired });
  });
});

describe("revocation and introspection", () => {
  const revokePath = "/services/oauth2/revoke";
  const introspect = (token: string) => {
    const body = new URLSearchParams({ token, client_id: sandbox.client.id, client_secret: sandbox.client.secret });
    return send(`${sandbox.url}/services/oauth2/introspect`, { method: "POST", body });
  };

  it("ends the whole grant by its refresh token (POST)", async () => {
    const tokens = await signIn(sandbox);
    const body = new URLSearchParams({ token: tokens.refresh_token });
    expect((await send(sandbox.url + revokePath, { method: "POST", body })).status).toBe(200);
    expect((await callApi(sandbox, tokens.access_token, "/limits")).status).toBe(401);
    expect((await introspect(tokens.refresh_token)).json).toEqual({ active: false });
  });

  it("ends one access token only (GET)", async () => {
    const tokens = await signIn(sandbox);
    const url = `${sandbox.url}${revokePath}?token=${encodeURIComponent(tokens.access_token)}`;
    expect((await send(url)).status).toBe(200);
    expect((await callApi(sandbox, tokens.access_token, "/limits")).status).toBe(401);
    const answer = await requestToken(sandbox, { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
    expect(answer.status).toBe(200);
    expect(await send(url)).toMatchObject({ status: 400, json: { error: "invalid_token" } });
  });

  it("tells what a token is", async () => {
    const tokens = await signIn(sandbox);
    const seconds = now / 1000;
    expect((await introspect(tokens.access_token)).json).toEqual({
      active: true,
      scope: "refresh_token web id api",
      client_id: sandbox.client.id,
      username: sandbox.username,
      sub: tokens.id,
      token_type: "access_token",
      exp: seconds + 7200,
      iat: seconds,
      nbf: seconds,
    });
    expect((await introspect(tokens.refresh_token)).json).toMatchObject({ active: true, token_type: "refresh_token" });
  });

  it("asks who wants to know", async () => {
    const body = new URLSearchParams({ token: "x", client_id: sandbox.client.id });
    const answer = await send(`${sandbox.url}/services/oauth2/introspect`, { method: "POST", body });
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_client" } });
  });
});

describe("the identity URL", () => {
  it("tells who the user is, and refuses with a word", async () => {
    const tokens = await signIn(sandbox);
    const get = (url: string, token: string) => send(url, { headers: { authorization: `Bearer ${token}` } });
    const id = String(tokens.id);
    expect((await get(id, tokens.access_token)).json).toMatchObject({ username: sandbox.username, active: true });
    expect(await get(id, "wrong")).toMatchObject({ status: 403, text: "Bad_OAuth_Token" });
    expect(await send(id)).toMatchObject({ status: 403, text: "Missing_OAuth_Token" });
    expect(await get(id.replace("/00D", "/00E"), tokens.access_token)).toMatchObject({
      status: 403,
      text: "Wrong_Org",
    });
    expect(await get(`${id.slice(0, -18)}005gL0000000001`, tokens.access_token)).toMatchObject({
      status: 404,
      text: "Bad_Id",
    });
  });
});

describe("the JWT bearer flow", () => {
  function assertion(claims: Record<string, unknown> = {}, key = privateKey): string {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const all = { iss: sandbox.client.id, sub: sandbox.username, aud: sandbox.url, exp: now / 1000 + 120, ...claims };
    const text = `${encode({ alg: "RS256" })}.${encode(all)}`;
    return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
  }
  const ask = (text: string) =>
    requestToken(sandbox, { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: text });

  it("gives an access token and no refresh token", async () => {
    const answer = await ask(assertion());
    expect(answer).toMatchObject({ status: 200, json: { scope: "web id api" } });
    expect(answer.json).not.toHaveProperty("refresh_token");
  });

  it.each([
    [{ iss: "someone" }, "client identifier invalid"],
    [{ aud: "https://elsewhere.example" }, "audience is invalid"],
    [{ sub: "nobody@fjordline.example" }, "user hasn't approved this consumer"],
    [{ exp: 1 }, "invalid assertion"],
    [{ exp: 9_999_999_999 }, "invalid assertion"],
    [{ sub: "ivana.kovac@fjordline.example" }, "user is inactive"],
  ])("refuses %j", async (claims, description) => {
    expect(await ask(assertion(claims))).toMatchObject({ status: 400, json: { error_description: description } });
  });

  it("refuses another key's signature and what is no assertion", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    expect((await ask(assertion({}, other))).json).toMatchObject({
      error: "invalid_grant",
      error_description: "invalid assertion",
    });
    expect((await ask("a.b.c")).json).toMatchObject({ error: "invalid_grant" });
  });
});

describe("openid-client against the sandbox", () => {
  it("goes through code with PKCE, refresh with rotation, introspection and revocation", async () => {
    sandbox.configure({ rotateRefreshTokens: true, requirePkce: true });
    const endpoint = (name: string) => `${sandbox.url}/services/oauth2/${name}`;
    const config = new oidc.Configuration(
      {
        issuer: sandbox.url,
        authorization_endpoint: endpoint("authorize"),
        token_endpoint: endpoint("token"),
        revocation_endpoint: endpoint("revoke"),
        introspection_endpoint: endpoint("introspect"),
      },
      sandbox.client.id,
      {},
      oidc.ClientSecretPost(sandbox.client.secret),
    );
    oidc.allowInsecureRequests(config);
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      state: expectedState,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
    });
    const answer = await send(url.href);
    const callback = new URL(answer.headers.get("location") ?? "");
    const tokens = await oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState });
    expect(tokens).toMatchObject({ instance_url: sandbox.url });
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    expect(await oidc.tokenIntrospection(config, refreshed.access_token)).toMatchObject({ active: true });
    await oidc.tokenRevocation(config, refreshed.refresh_token ?? "");
    await expect(oidc.refreshTokenGrant(config, refreshed.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
      status: 400,
    });
  });
});
