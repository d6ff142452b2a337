import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTransport, type Transport } from "../../src/http/index.js";
import {
  MemoryTokenStore,
  OAuthClient,
  type OAuthProfile,
  signJwt,
  TokenManager,
  type TokenSet,
} from "../../src/oauth/index.js";
import {
  type AuthorizationServer,
  approveInBrowser,
  declineInBrowser,
  knownClients,
  startAuthorizationServer,
} from "../support/authorization-server.js";
import { ManualClock } from "../support/manual-clock.js";
import { failureOf } from "../support/oauth-bench.js";

const redirectUri = "https://app.example/oauth/callback/test";

describe("TEST-003 the OAuth base against oidc-provider", () => {
  let server: AuthorizationServer;
  let transport: Transport;
  let web: OAuthClient;

  const profileOf = (changes: Partial<OAuthProfile> = {}): OAuthProfile => ({
    grant: "authorization_code",
    issuer: server.issuer,
    authorizationEndpoint: `${server.issuer}/auth`,
    tokenEndpoint: `${server.issuer}/token`,
    revocationEndpoint: `${server.issuer}/token/revocation`,
    introspectionEndpoint: `${server.issuer}/token/introspection`,
    clientId: knownClients.web.id,
    clientSecret: knownClients.web.secret,
    scopes: ["openid", "api"],
    ...changes,
  });

  beforeAll(async () => {
    server = await startAuthorizationServer(redirectUri);
    transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [new URL(server.issuer).host] });
    web = new OAuthClient({ profile: profileOf(), transport });
  });

  afterAll(async () => {
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  async function connect(): Promise<TokenSet> {
    const { authorizationUrl, pending } = await web.startAuthorization({ redirectUri });
    return web.finishAuthorization(await approveInBrowser(authorizationUrl, redirectUri), pending);
  }

  it("connects by authorization code with PKCE, state and the server's `iss`", async () => {
    const { authorizationUrl, pending } = await web.startAuthorization({ redirectUri });
    const callback = await approveInBrowser(authorizationUrl, redirectUri);
    expect(new URL(callback).searchParams.get("iss")).toBe(server.issuer);
    const tokens = await web.finishAuthorization(callback, pending);
    expect(tokens).toMatchObject({ tokenType: "Bearer", scope: "openid api" });
    expect(tokens.refreshToken).toBeDefined();
    expect((tokens.expiresAtMs ?? 0) - tokens.issuedAtMs).toBe(600_000);
    expect(await web.introspect(tokens)).toMatchObject({ active: true, claims: { client_id: knownClients.web.id } });
  });

  it("is refused with another flow's verifier, and with a code that was used", async () => {
    const { authorizationUrl, pending } = await web.startAuthorization({ redirectUri });
    const callback = await approveInBrowser(authorizationUrl, redirectUri);
    const stranger = await web.startAuthorization({ redirectUri });
    const mixed = { ...pending, codeVerifier: stranger.pending.codeVerifier };
    expect(await failureOf(web.finishAuthorization(callback, mixed))).toMatchObject({
      vendor: { code: "invalid_grant" },
    });
    await web.finishAuthorization(callback, pending);
    const again = await failureOf(web.finishAuthorization(callback, pending));
    expect(again).toMatchObject({ code: "RECONNECT_REQUIRED" });
    const code = new URL(callback).searchParams.get("code") ?? "";
    expect(inspect(again, { depth: Infinity })).not.toContain(code);
  });

  it("hears that the person declined", async () => {
    const { authorizationUrl, pending } = await web.startAuthorization({ redirectUri });
    const callback = await declineInBrowser(authorizationUrl, redirectUri);
    expect(await failureOf(web.finishAuthorization(callback, pending))).toMatchObject({ code: "OAUTH_DENIED" });
  });

  it("hears of an error that the server reports by its redirect", async () => {
    const { authorizationUrl, pending } = await web.startAuthorization({ redirectUri, extra: { prompt: "none" } });
    const response = await fetch(authorizationUrl, { redirect: "manual" });
    const callback = response.headers.get("location") ?? "";
    expect(await failureOf(web.finishAuthorization(callback, pending))).toMatchObject({
      code: "AUTHENTICATION_FAILED",
      vendor: { code: "login_required" },
    });
  });

  it("refreshes, learns the rotation, and loses the grant when a spent token comes back", async () => {
    const first = await connect();
    const second = await web.refresh(first);
    expect(second.rotates).toBe(true);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.scope).toBe("openid api");
    const third = await web.refresh(second);
    expect(await failureOf(web.refresh(first))).toMatchObject({ code: "RECONNECT_REQUIRED", reconnectRequired: true });
    // The server took the whole grant away: that is why a spent token must never be sent.
    expect(await failureOf(web.refresh(third))).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(await web.introspect(third)).toMatchObject({ active: false });
  });

  it("revokes: afterwards neither token is worth anything, and doing it again does no harm", async () => {
    const tokens = await connect();
    expect(await web.revoke(tokens)).toBe(true);
    expect(await web.introspect(tokens)).toMatchObject({ active: false });
    expect(await failureOf(web.refresh(tokens))).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(await web.revoke(tokens)).toBe(true);
  });

  it("obtains client credentials, by Basic authentication", async () => {
    const { id, secret } = knownClients.machine;
    const profile = profileOf({
      grant: "client_credentials",
      clientId: id,
      clientSecret: secret,
      clientAuthentication: "client_secret_basic",
      scopes: ["api"],
    });
    const tokens = await new OAuthClient({ profile, transport }).grant?.();
    expect(tokens).toMatchObject({ tokenType: "Bearer", scope: "api" });
    expect(tokens?.refreshToken).toBeUndefined();
  });

  it("learns by introspection when a token ends, of a person's grant and of the client's own", async () => {
    const { id, secret } = knownClients.machine;
    const own = profileOf({
      grant: "client_credentials",
      clientId: id,
      clientSecret: secret,
      clientAuthentication: "client_secret_basic",
      scopes: ["api"],
    });
    const granted: [OAuthProfile, TokenSet | undefined][] = [
      [profileOf(), await connect()],
      [own, await new OAuthClient({ profile: own, transport }).grant?.()],
    ];
    for (const [profile, tokens] of granted) {
      if (tokens === undefined) throw new Error("No token was granted");
      const asking = new OAuthClient({ profile: { ...profile, asksForExpiry: true }, transport });
      const leftMs = ((await asking.expiryOf?.(tokens)) ?? 0) - Date.now();
      expect(leftMs).toBeGreaterThan(590_000);
      expect(leftMs).toBeLessThan(602_000);
    }
  });

  it("accepts the JWTs that we sign", async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const { id, privateKey } = knownClients.signer;
    const claims = { iss: id, sub: id, aud: server.issuer, jti: "one", iat: nowSeconds, exp: nowSeconds + 120 };
    const profileWith = (assertion: string) =>
      profileOf({
        grant: "client_credentials",
        clientId: id,
        clientAuthentication: "none",
        scopes: ["api"],
        tokenParameters: {
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: assertion,
        },
      });
    const { clientSecret: _none, ...profile } = profileWith(signJwt({ algorithm: "RS256", privateKey, claims }));
    expect(await new OAuthClient({ profile, transport }).grant?.()).toMatchObject({ scope: "api" });
    const stranger = signJwt({ algorithm: "RS256", privateKey: knownClients.stranger.privateKey, claims });
    const { clientSecret: _neither, ...refused } = profileWith(stranger);
    const error = await failureOf(new OAuthClient({ profile: refused, transport }).clientCredentials());
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "invalid_client" } });
  });

  it("tells a wrong secret from a lost grant", async () => {
    const tokens = await connect();
    const wrong = new OAuthClient({ profile: profileOf({ clientSecret: "not-the-secret" }), transport });
    const error = await failureOf(wrong.refresh(tokens));
    expect(error).toMatchObject({
      code: "AUTHENTICATION_FAILED",
      reconnectRequired: false,
      vendor: { code: "invalid_client" },
    });
    expect((await web.refresh(tokens)).rotates).toBe(true);
  });

  it("TEST-009 keeps a rotating grant alive through 20 renewals wanted by 8 managers at once", async () => {
    const clock = new ManualClock(Date.now());
    const store = new MemoryTokenStore({ clock });
    const client = new OAuthClient({ profile: profileOf(), transport, clock });
    const connection = { type: "test" };
    const managers = Array.from({ length: 8 }, () => new TokenManager({ store, client, clock, connection }));
    const [first] = managers;
    await first?.accept(await connect());
    const before = server.tokenAnswers.length;
    for (let round = 0; round < 20; round += 1) {
      clock.advance(600_000);
      const calls = managers.flatMap((manager) => [manager.accessToken(), manager.accessToken()]);
      // Those who wait poll; the time that passes for them is far below the token's lifetime.
      const tokens = await Promise.all(calls.map((call) => pollGently(clock, call)));
      expect(new Set(tokens.map(({ version }) => version))).toEqual(new Set([round + 2]));
    }
    expect(server.tokenAnswers.slice(before)).toEqual(Array(20).fill(undefined));
  });
});

/** Moves the clock in small steps while `work` waits, so that no lease ends before a real answer has arrived. */
async function pollGently<Result>(clock: ManualClock, work: Promise<Result>): Promise<Result> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!over) clock.advance(1);
  }
  return watched;
}
