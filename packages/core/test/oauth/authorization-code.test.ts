import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { PendingAuthorization } from "../../src/oauth/index.js";
import { clientSecret, failureOf, openBench } from "../support/oauth-bench.js";

const redirectUri = "https://app.example/oauth/callback/salesforce";
const granted = {
  json: { access_token: "at-1", refresh_token: "rt-1", token_type: "Bearer", expires_in: 3600, scope: "api" },
};

function callback(pending: PendingAuthorization, parameters: Record<string, string> = {}): string {
  const query = new URLSearchParams({ code: "the-c0de", state: pending.state, ...parameters });
  return `http://10.0.0.7:8080/behind-a-proxy?${query}`;
}

describe("TEST-003 OAuth 2.0 authorization code", () => {
  it("sends the person away with PKCE S256 and 256 bits of state", async () => {
    await using bench = await openBench([granted]);
    const { authorizationUrl, pending } = await bench.client.startAuthorization({
      redirectUri,
      loginHint: "ann@example.com",
    });
    const url = new URL(authorizationUrl);
    expect(url.origin + url.pathname).toBe(`${bench.server.origin}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: "7",
      response_type: "code",
      client_id: "the-client",
      redirect_uri: redirectUri,
      scope: "api refresh_token",
      login_hint: "ann@example.com",
      state: pending.state,
      code_challenge: createHash("sha256").update(pending.codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    expect(Buffer.from(pending.state, "base64url")).toHaveLength(32);
    expect(pending.codeVerifier).toMatch(/^[\w-]{43}$/);
    expect(pending.expiresAtMs).toBe(bench.clock.now() + 600_000);
    expect(JSON.parse(JSON.stringify(pending))).toEqual(pending);
    expect(authorizationUrl).not.toContain(pending.codeVerifier);
  });

  it("makes a new state and verifier for each flow", async () => {
    await using bench = await openBench([granted]);
    const one = await bench.client.startAuthorization({ redirectUri });
    const two = await bench.client.startAuthorization({ redirectUri });
    expect(one.pending.state).not.toBe(two.pending.state);
    expect(one.pending.codeVerifier).not.toBe(two.pending.codeVerifier);
  });

  it("lets further parameters in, but not in place of those that protect the flow", async () => {
    await using bench = await openBench([granted], { authorizationParameters: { prompt: "login", state: "fixed" } });
    const extra = { display: "popup", code_challenge_method: "plain", redirect_uri: "https://evil.example" };
    const { authorizationUrl, pending } = await bench.client.startAuthorization({ redirectUri, extra });
    const { searchParams } = new URL(authorizationUrl);
    expect(searchParams.get("prompt")).toBe("login");
    expect(searchParams.get("display")).toBe("popup");
    expect(searchParams.get("code_challenge_method")).toBe("S256");
    expect(searchParams.getAll("redirect_uri")).toEqual([redirectUri]);
    expect(searchParams.getAll("state")).toEqual([pending.state]);
  });

  it("exchanges the code with verifier, secret and the redirect URI exactly as it was sent", async () => {
    await using bench = await openBench([granted]);
    const withQuery = "https://app.example?way=1";
    const { pending } = await bench.client.startAuthorization({ redirectUri: withQuery });
    const tokens = await bench.client.finishAuthorization(callback(pending), JSON.parse(JSON.stringify(pending)));
    expect(bench.server.seen).toHaveLength(1);
    expect(Object.fromEntries(bench.server.seen[0]?.form ?? [])).toEqual({
      grant_type: "authorization_code",
      code: "the-c0de",
      code_verifier: pending.codeVerifier,
      redirect_uri: withQuery,
      client_id: "the-client",
      client_secret: clientSecret,
    });
    expect(tokens).toEqual({
      accessToken: "at-1",
      refreshToken: "rt-1",
      tokenType: "Bearer",
      scope: "api",
      issuedAtMs: bench.clock.now(),
      expiresAtMs: bench.clock.now() + 3_600_000,
      attributes: {},
    });
  });

  it("authenticates by Basic, or not at all, where the profile says so", async () => {
    await using basic = await openBench([granted], { clientAuthentication: "client_secret_basic" });
    const first = await basic.client.startAuthorization({ redirectUri });
    await basic.client.finishAuthorization(callback(first.pending), first.pending);
    expect(basic.server.seen[0]?.headers.authorization).toMatch(/^Basic /);
    expect(basic.server.seen[0]?.form.has("client_secret")).toBe(false);

    await using open = await openBench([granted], { clientAuthentication: "none" });
    const second = await open.client.startAuthorization({ redirectUri });
    await open.client.finishAuthorization(callback(second.pending), second.pending);
    expect(open.server.seen[0]?.headers.authorization).toBeUndefined();
    expect(open.server.seen[0]?.form.has("client_secret")).toBe(false);
    expect(open.server.seen[0]?.form.get("client_id")).toBe("the-client");
  });

  it("keeps what callback and response bring beside the tokens, and sends the profile's headers and parameters", async () => {
    const answer = { json: { ...granted.json, instance_url: "https://eu1.example" } };
    await using bench = await openBench([answer], {
      tokenHeaders: { "x-include": "true" },
      tokenParameters: { format: "json" },
      callbackAttributes: (parameters) => ({ realmId: parameters.get("realmId") ?? "" }),
      readTokenResponse: (response, nowMs) => ({
        attributes: { instance_url: String(response.instance_url) },
        reconnectBeforeMs: nowMs + 5,
      }),
    });
    const { pending } = await bench.client.startAuthorization({ redirectUri });
    const tokens = await bench.client.finishAuthorization(callback(pending, { realmId: "4620" }), pending);
    expect(tokens.attributes).toEqual({ realmId: "4620", instance_url: "https://eu1.example" });
    expect(tokens.reconnectBeforeMs).toBe(bench.clock.now() + 5);
    expect(bench.server.seen[0]?.headers["x-include"]).toBe("true");
    expect(bench.server.seen[0]?.form.get("format")).toBe("json");
  });

  it("takes a grant whose id_token is of another issuer: nobody logs in to us with it", async () => {
    const idToken = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"iss":"https://other.example"}').toString("base64url")}.c2ln`;
    await using bench = await openBench([{ json: { ...granted.json, id_token: idToken } }]);
    const { pending } = await bench.client.startAuthorization({ redirectUri });
    expect((await bench.client.finishAuthorization(callback(pending), pending)).accessToken).toBe("at-1");
  });

  describe("refuses, without sending anything,", () => {
    const cases: [string, (pending: PendingAuthorization) => string, string][] = [
      ["a missing state", () => "/callback?code=the-c0de", "OAUTH_STATE_INVALID"],
      ["an empty state", () => "/callback?code=the-c0de&state=", "OAUTH_STATE_INVALID"],
      ["a wrong state", (pending) => callback({ ...pending, state: "guessed" }), "OAUTH_STATE_INVALID"],
      ["a doubled state", (pending) => `${callback(pending)}&state=${pending.state}`, "OAUTH_STATE_INVALID"],
      [
        "another issuer's answer",
        (pending) => callback(pending, { iss: "https://evil.example" }),
        "OAUTH_STATE_INVALID",
      ],
      ["a callback that is no URL", () => "http://[", "OAUTH_STATE_INVALID"],
      ["an error with a wrong state", () => "/callback?error=access_denied&state=guessed", "OAUTH_STATE_INVALID"],
      ["a denial", (pending) => `/callback?error=access_denied&state=${pending.state}`, "OAUTH_DENIED"],
      ["another error", (pending) => `/callback?error=invalid_scope&state=${pending.state}`, "AUTHENTICATION_FAILED"],
      ["a callback without a code", (pending) => `/callback?state=${pending.state}`, "AUTHENTICATION_FAILED"],
      ["a doubled code", (pending) => `${callback(pending)}&code=other`, "AUTHENTICATION_FAILED"],
    ];
    it.each(cases)("%s", async (_name, make, code) => {
      await using bench = await openBench([granted]);
      const { pending } = await bench.client.startAuthorization({ redirectUri });
      const error = await failureOf(bench.client.finishAuthorization(make(pending), pending));
      expect(error).toMatchObject({ code });
      expect(bench.server.seen).toHaveLength(0);
      const shown = inspect(error, { depth: Infinity, showHidden: true });
      for (const secret of [pending.state, pending.codeVerifier, "the-c0de"]) expect(shown).not.toContain(secret);
    });

    it("a callback that took longer than allowed", async () => {
      await using bench = await openBench([granted]);
      const { pending } = await bench.client.startAuthorization({ redirectUri, lifetimeMs: 1000 });
      bench.clock.advance(1000);
      const error = await failureOf(bench.client.finishAuthorization(callback(pending), pending));
      expect(error).toMatchObject({ code: "OAUTH_STATE_INVALID" });
      expect(bench.server.seen).toHaveLength(0);
    });
  });

  it("accepts the issuer that the profile names", async () => {
    await using bench = await openBench([granted]);
    const { pending } = await bench.client.startAuthorization({ redirectUri });
    const url = callback(pending, { iss: bench.server.origin });
    expect((await bench.client.finishAuthorization(url, pending)).accessToken).toBe("at-1");
  });

  it("reports the vendor's code and shortened words, without what they quote of ours", async () => {
    await using bench = await openBench([granted]);
    const { pending } = await bench.client.startAuthorization({ redirectUri });
    const words = `scope ${pending.state} is\u0007 not\nallowed ${"x".repeat(1000)}`;
    const query = new URLSearchParams({ error: "invalid_scope", error_description: words, state: pending.state });
    const error = await failureOf(bench.client.finishAuthorization(`/callback?${query}`, pending));
    expect(error).toMatchObject({ vendor: { code: "invalid_scope" } });
    const { vendor } = error as { vendor: { message: string } };
    expect(vendor.message).toMatch(/^scope \[redacted\] is not allowed x+/);
    expect(vendor.message.length).toBeLessThanOrEqual(201);
  });

  it("sends a code once: a lost answer is an unknown outcome, not a second try", async () => {
    await using bench = await openBench([{ fault: "reset" }]);
    const { pending } = await bench.client.startAuthorization({ redirectUri });
    const error = await failureOf(bench.client.finishAuthorization(callback(pending), pending));
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    expect(bench.server.seen).toHaveLength(1);
  });

  it("says UNSUPPORTED where a grant has no page to send a person to", async () => {
    await using bench = await openBench([granted], { authorizationEndpoint: undefined });
    expect(await failureOf(bench.client.startAuthorization({ redirectUri }))).toMatchObject({ code: "UNSUPPORTED" });
  });
});
