import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { parseLifetimeMs, type TokenSet } from "../../src/oauth/index.js";
import { clientSecret, failureOf, openBench } from "../support/oauth-bench.js";
import type { Answer } from "../support/token-server.js";

const oldTokens: TokenSet = {
  accessToken: "old-access-t0ken",
  refreshToken: "old-refresh-t0ken",
  tokenType: "Bearer",
  issuedAtMs: 0,
  expiresAtMs: 1000,
  scope: "api",
  attributes: { instance_url: "https://eu1.example", realmId: "7" },
  reconnectBeforeMs: 99,
};
const granted = { json: { access_token: "at-2", token_type: "Bearer", expires_in: 3600 } };

describe("TEST-003 OAuth 2.0 refresh", () => {
  it("keeps what the response leaves out", async () => {
    await using bench = await openBench([granted]);
    expect(await bench.client.refresh(oldTokens)).toEqual({
      ...oldTokens,
      accessToken: "at-2",
      issuedAtMs: bench.clock.now(),
      expiresAtMs: bench.clock.now() + 3_600_000,
      rotates: false,
    });
    expect(bench.server.seen[0]?.form.get("refresh_token")).toBe("old-refresh-t0ken");
  });

  it("takes what the response brings, and forgets an expiry that it does not repeat", async () => {
    const json = {
      access_token: "at-2",
      refresh_token: "rt-2",
      token_type: "bearer",
      scope: "api full",
      instance_url: "https://na2",
    };
    await using bench = await openBench([{ json }], {
      readTokenResponse: (response) => ({ attributes: { instance_url: String(response.instance_url) } }),
    });
    expect(await bench.client.refresh(oldTokens)).toEqual({
      accessToken: "at-2",
      refreshToken: "rt-2",
      tokenType: "bearer",
      scope: "api full",
      issuedAtMs: bench.clock.now(),
      attributes: { instance_url: "https://na2", realmId: "7" },
      rotates: true,
      reconnectBeforeMs: 99,
    });
  });

  it("asks for the grant's hard end with each refresh where the vendor wants to be asked, and keeps what it said last", async () => {
    // As Intuit does it, which says so only when the header is there.
    const ask = "x-include-refresh-token-hard-expires-in";
    const told = { ...granted.json, x_refresh_token_hard_expires_in: 86_400 };
    await using bench = await openBench([{ json: told }, granted], {
      tokenHeaders: { [ask]: "true" },
      readTokenResponse: ({ x_refresh_token_hard_expires_in: seconds }, nowMs) =>
        typeof seconds === "number" ? { reconnectBeforeMs: nowMs + seconds * 1000 } : {},
    });
    const first = await bench.client.refresh(oldTokens);
    expect(first.reconnectBeforeMs).toBe(bench.clock.now() + 86_400_000);
    const second = await bench.client.refresh(first);
    expect(second.reconnectBeforeMs).toBe(first.reconnectBeforeMs);
    expect(bench.server.seen.map(({ headers }) => headers[ask])).toEqual(["true", "true"]);
  });

  it("learns that a grant rotates, and does not unlearn it", async () => {
    const same = { json: { access_token: "a", token_type: "Bearer", refresh_token: "old-refresh-t0ken" } };
    const other = { json: { access_token: "b", token_type: "Bearer", refresh_token: "new-refresh-t0ken" } };
    await using bench = await openBench([same, other, granted]);
    const first = await bench.client.refresh(oldTokens);
    const second = await bench.client.refresh(first);
    const third = await bench.client.refresh(second);
    expect([first.rotates, second.rotates, third.rotates]).toEqual([false, true, true]);
    expect(third.refreshToken).toBe("new-refresh-t0ken");
  });

  it.each([
    ["an expires_in of -1", { expires_in: -1 }],
    ["an expires_in of null", { expires_in: null }],
    ["an expires_in that is no number", { expires_in: "soon" }],
    ["an empty refresh_token", { refresh_token: "" }],
    ["a scope that is a list", { scope: ["api"] }],
    ["no token_type", { token_type: undefined }],
  ])("does not throw a fresh grant away for %s", async (_name, oddity) => {
    await using bench = await openBench([{ json: { access_token: "at-2", token_type: "Bearer", ...oddity } }]);
    const tokens = await bench.client.refresh(oldTokens);
    expect(tokens).toMatchObject({ accessToken: "at-2", refreshToken: "old-refresh-t0ken", scope: "api" });
    expect(tokens.expiresAtMs).toBeUndefined();
  });

  it("asks for a person when there is no refresh token", async () => {
    await using bench = await openBench([granted]);
    const { refreshToken, ...rest } = oldTokens;
    expect(await failureOf(bench.client.refresh(rest))).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(refreshToken).toBeDefined();
    expect(bench.server.seen).toHaveLength(0);
  });

  const refused = (error: string, status = 400): Answer => ({
    status,
    json: { error, error_description: "old-refresh-t0ken no" },
  });
  const html = (status: number): Answer => ({ status, body: "<html>old-refresh-t0ken</html>" });
  const failures: [string, Answer, object][] = [
    [
      "invalid_grant",
      refused("invalid_grant"),
      { code: "RECONNECT_REQUIRED", reconnectRequired: true, vendor: { code: "invalid_grant" } },
    ],
    ["invalid_client", refused("invalid_client", 401), { code: "AUTHENTICATION_FAILED", reconnectRequired: false }],
    ["invalid_client_id", refused("invalid_client_id"), { code: "AUTHENTICATION_FAILED" }],
    ["unauthorized_client", refused("unauthorized_client"), { code: "AUTHENTICATION_FAILED" }],
    ["inactive_user", refused("inactive_user"), { code: "AUTHENTICATION_FAILED" }],
    ["inactive_org", refused("inactive_org"), { code: "AUTHENTICATION_FAILED" }],
    ["an error with status 200", refused("invalid_grant", 200), { code: "RECONNECT_REQUIRED" }],
    [
      "invalid_client behind a WWW-Authenticate header",
      { status: 401, json: { error: "invalid_client" }, headers: { "www-authenticate": 'Basic realm="x"' } },
      { code: "AUTHENTICATION_FAILED", vendor: { code: "invalid_client" } },
    ],
    ["temporarily_unavailable", refused("temporarily_unavailable"), { code: "VENDOR_UNAVAILABLE", retryable: true }],
    ["a 503 page", html(503), { code: "VENDOR_UNAVAILABLE", retryable: true }],
    [
      "a 429 with Retry-After",
      { status: 429, body: "slow", headers: { "retry-after": "7" } },
      { code: "RATE_LIMITED", retryAfterMs: 7000 },
    ],
    ["server_error", refused("server_error"), { code: "OUTCOME_UNKNOWN", retryable: false }],
    ["a 500 page", html(500), { code: "OUTCOME_UNKNOWN" }],
    ["a 502 page", html(502), { code: "OUTCOME_UNKNOWN" }],
    ["a page with status 200", html(200), { code: "OUTCOME_UNKNOWN" }],
    ["a grant without an access token", { json: { token_type: "Bearer" } }, { code: "OUTCOME_UNKNOWN" }],
    ["a cut connection", { fault: "reset" }, { code: "OUTCOME_UNKNOWN" }],
    ["an answer cut in the middle", { fault: "cut" }, { code: "OUTCOME_UNKNOWN" }],
    ["a 404 page", html(404), { code: "UNEXPECTED_RESPONSE" }],
    [
      "a redirect",
      { status: 302, body: "", headers: { location: "https://evil.example" } },
      { code: "UNEXPECTED_RESPONSE" },
    ],
  ];
  it.each(failures)("classifies %s, sends it once and tells no secret", async (_name, answer, expected) => {
    await using bench = await openBench([answer]);
    const error = await failureOf(bench.client.refresh(oldTokens));
    expect(error).toMatchObject(expected);
    expect(bench.server.seen).toHaveLength(1);
    const shown = inspect(error, { depth: Infinity, showHidden: true });
    for (const secret of ["old-refresh-t0ken", "old-access-t0ken", clientSecret, "half-a-tok"])
      expect(shown).not.toContain(secret);
  });

  it("says that nothing was sent when there is no connection", async () => {
    const bench = await openBench([granted]);
    await bench.server[Symbol.asyncDispose]();
    expect(await failureOf(bench.client.refresh(oldTokens))).toMatchObject({
      code: "CONNECTION_FAILED",
      retryable: true,
    });
    await bench.transport.close();
  });

  it("sends nothing to a host that the transport does not allow", async () => {
    await using bench = await openBench([granted], { tokenEndpoint: "https://elsewhere.example/token" });
    expect(await failureOf(bench.client.refresh(oldTokens))).toMatchObject({ code: "FORBIDDEN_TARGET" });
  });
});

describe("TEST-003 OAuth 2.0 grants without a person", () => {
  it("obtains client credentials, with scopes, and keeps no refresh token", async () => {
    await using bench = await openBench(
      [{ json: { access_token: "machine", token_type: "Bearer", refresh_token: "rt" } }],
      { grant: "client_credentials" },
    );
    const tokens = await bench.client.grant?.();
    expect(tokens).toEqual({
      accessToken: "machine",
      tokenType: "Bearer",
      issuedAtMs: bench.clock.now(),
      attributes: {},
    });
    expect(Object.fromEntries(bench.server.seen[0]?.form ?? [])).toEqual({
      grant_type: "client_credentials",
      scope: "api refresh_token",
      client_id: "the-client",
      client_secret: clientSecret,
    });
  });

  it.each([
    ["jwt_bearer", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
    ["saml_bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer"],
  ] as const)("obtains tokens by %s with an assertion made anew for each request", async (grant, type) => {
    let made = 0;
    const assertion = async () => {
      made += 1;
      return `signed-asserti0n-${made}`;
    };
    await using bench = await openBench(
      [granted, granted, { status: 400, json: { error: "invalid_grant", error_description: "signed-asserti0n-3" } }],
      { grant, assertion },
    );
    await bench.client.grant?.();
    await bench.client.grant?.();
    expect(bench.server.seen.map(({ form }) => [form.get("grant_type"), form.get("assertion")])).toEqual([
      [type, "signed-asserti0n-1"],
      [type, "signed-asserti0n-2"],
    ]);
    // Nobody can "connect again" here: an administrator mends the account, and then it works.
    const error = await failureOf(bench.client.grant?.() ?? Promise.resolve());
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", reconnectRequired: false });
    expect(inspect(error, { depth: Infinity })).not.toContain("signed-asserti0n-3");
  });

  it("tries a lost answer again at once: there is nothing that could be spent", async () => {
    await using bench = await openBench([{ fault: "reset" }, granted], { grant: "client_credentials" });
    expect((await bench.client.grant?.())?.accessToken).toBe("at-2");
    expect(bench.server.seen).toHaveLength(2);
  });

  it("has no such grant where a person is needed", async () => {
    await using bench = await openBench([granted]);
    expect(bench.client.grant).toBeUndefined();
  });
});

describe("TEST-003 OAuth 2.0 revocation and introspection", () => {
  it("revokes the refresh token, and the access token where there is none", async () => {
    await using bench = await openBench([
      { status: 200, body: "" },
      { status: 204, body: "" },
    ]);
    expect(await bench.client.revoke(oldTokens)).toBe(true);
    const { refreshToken, ...rest } = oldTokens;
    expect(await bench.client.revoke(rest)).toBe(true);
    expect(bench.server.seen.map(({ path, form }) => [path, form.get("token")])).toEqual([
      ["/revoke", refreshToken],
      ["/revoke", "old-access-t0ken"],
    ]);
  });

  it("counts a token that the vendor no longer knows as revoked", async () => {
    await using bench = await openBench([{ status: 400, json: { error: "invalid_token" } }]);
    expect(await bench.client.revoke(oldTokens)).toBe(true);
  });

  it("says false where the vendor offers no revocation, and throws where it fails", async () => {
    await using silent = await openBench([granted], { revocationEndpoint: undefined });
    expect(await silent.client.revoke(oldTokens)).toBe(false);
    await using failing = await openBench([{ status: 400, json: { error: "unsupported_token_type" } }]);
    expect(await failureOf(failing.client.revoke(oldTokens))).toMatchObject({
      vendor: { code: "unsupported_token_type" },
    });
  });

  it("introspects the access token", async () => {
    await using bench = await openBench([{ json: { active: true, scope: "api", username: "ann" } }]);
    const answer = await bench.client.introspect(oldTokens);
    expect(answer).toMatchObject({ active: true, claims: { username: "ann" } });
    expect(bench.server.seen[0]?.form.get("token")).toBe("old-access-t0ken");
  });
});

describe("TEST-009 lifetime of a token", () => {
  it.each([
    ["a number of seconds", 3600, 3_600_000],
    ["one second", 1, 1000],
    ["a numeric string", "3600", 3_600_000],
    ["a fraction", 0.5, 500],
    ["0: the server says nothing useful", 0, undefined],
    ["a negative number", -5, undefined],
    ["a word", "soon", undefined],
    ["nothing", undefined, undefined],
    ["null", null, undefined],
    ["NaN", Number.NaN, undefined],
    ["a year", 31_536_000, 31_536_000_000],
    ["10 years: a grant that is never renewed dies of disuse", 315_360_000, undefined],
  ])("reads %s", (_name, value, expected) => {
    expect(parseLifetimeMs(value)).toBe(expected);
  });
});
