import { AuthenticationError, ConnectorError } from "../errors/index.js";
import type { Transport } from "../http/types.js";
import { type Clock, type Random, systemClock, systemRandom } from "../runtime/index.js";
import {
  checkCallback,
  codeChallengeOf,
  type PendingAuthorization,
  type StartAuthorizationOptions,
  type StartedAuthorization,
} from "./authorization.js";
import type { OAuthRefusal } from "./oauth-errors.js";
import type { OAuthProfile } from "./profile.js";
import { callEndpoint, type EndpointCall } from "./token-endpoint.js";
import type { TokenIssuer } from "./token-issuer.js";
import { parseTimeLeftMs, toTokenSet } from "./token-response.js";
import type { TokenSet } from "./token-set.js";

/** What an {@link OAuthClient} works with. */
export interface OAuthClientOptions {
  /** The authorization server and its ways. */
  readonly profile: OAuthProfile;
  /** Every byte goes through it; it decides which hosts and schemes are allowed. */
  readonly transport: Transport;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `node:crypto`'s. */
  readonly random?: Random;
}

/** What an authorization server says of a token. */
export interface TokenIntrospection {
  /** Whether the server would accept the token now. */
  readonly active: boolean;
  /** Everything that the server told, under the server's names. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the server's clock said then, in epoch milliseconds; missing where it did not say. Its times are by that clock. */
  readonly serverNowMs?: number;
}

type Call = Pick<EndpointCall, "what" | "run"> &
  Partial<Pick<EndpointCall, "spends" | "secrets" | "signal" | "fields">>;

const bearerGrants = {
  jwt_bearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  saml_bearer: "urn:ietf:params:oauth:grant-type:saml2-bearer",
} as const;

/**
 * OAuth 2.0 against one authorization server, as its {@link OAuthProfile} describes it: authorization code with PKCE,
 * client credentials, JWT and SAML bearer, refresh, revocation, introspection. No discovery, no state: what has to
 * outlive a call is handed out.
 *
 * Its errors never hold a token, a secret, a code or a verifier.
 */
export class OAuthClient implements TokenIssuer {
  /** Obtains tokens without a person; `undefined` when the profile's grant needs one. */
  readonly grant: ((signal?: AbortSignal) => Promise<TokenSet>) | undefined;
  /** Asks the introspection endpoint; `undefined` unless the profile says so (`asksForExpiry`). */
  readonly expiryOf: ((tokens: TokenSet, signal?: AbortSignal) => Promise<number | undefined>) | undefined;
  readonly #profile: OAuthProfile;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: OAuthClientOptions) {
    this.#profile = options.profile;
    this.#transport = options.transport;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.grant = {
      authorization_code: undefined,
      client_credentials: (signal?: AbortSignal) => this.clientCredentials(signal),
      jwt_bearer: (signal?: AbortSignal) => this.jwtBearer(signal),
      saml_bearer: (signal?: AbortSignal) => this.samlBearer(signal),
    }[this.#profile.grant];
    this.expiryOf = this.#profile.asksForExpiry ? (tokens, signal) => this.#askForExpiry(tokens, signal) : undefined;
  }

  /**
   * Where to send a person to, with PKCE (S256) and `state`.
   *
   * @returns `pending` has to be kept, sealed and for one use, until {@link OAuthClient.finishAuthorization}.
   * @throws {ConnectorError} `UNSUPPORTED` when the profile names no authorization endpoint.
   */
  async startAuthorization(options: StartAuthorizationOptions): Promise<StartedAuthorization> {
    const endpoint = this.#profile.authorizationEndpoint;
    if (endpoint === undefined) {
      throw new ConnectorError(
        "UNSUPPORTED",
        "This connection is made without a person: there is no page to send one to.",
      );
    }
    const pending: PendingAuthorization = {
      state: options.state ?? this.#random.bytes(32).toString("base64url"),
      codeVerifier: this.#random.bytes(32).toString("base64url"),
      redirectUri: options.redirectUri,
      expiresAtMs: this.#clock.now() + (options.lifetimeMs ?? 600_000),
    };
    const url = new URL(endpoint);
    const parameters = {
      ...(this.#profile.scopes.length === 0 ? {} : { scope: this.#profile.scopes.join(" ") }),
      ...(options.loginHint === undefined ? {} : { login_hint: options.loginHint }),
      ...this.#profile.authorizationParameters,
      ...options.extra,
      response_type: "code",
      client_id: this.#profile.clientId,
      redirect_uri: pending.redirectUri,
      state: pending.state,
      code_challenge: codeChallengeOf(pending.codeVerifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { authorizationUrl: url.href, pending };
  }

  /**
   * Exchanges the code of a callback for tokens.
   *
   * @param callbackUrl - As it arrived; only its query is used.
   * @param pending - From {@link OAuthClient.startAuthorization}; the caller makes sure that it is used once.
   * @throws {ConnectorError} `OAUTH_STATE_INVALID`, `OAUTH_DENIED`.
   * @throws {AuthenticationError} when the vendor refuses the code or the client.
   * @throws {OutcomeUnknownError} when the answer got lost: the code is used up, begin again.
   */
  async finishAuthorization(
    callbackUrl: string | URL,
    pending: PendingAuthorization,
    signal?: AbortSignal,
  ): Promise<TokenSet> {
    const parameters = checkCallback(callbackUrl, pending, this.#profile, this.#clock.now());
    const code = parameters.get("code") ?? "";
    const response = await this.#call({
      what: "authorization code exchange",
      spends: "authorization code",
      secrets: [code, pending.codeVerifier, pending.state],
      signal,
      // The library would send the redirect URI without its query and with a slash added to a bare host.
      fields: { redirect_uri: pending.redirectUri },
      run: (client, configuration) => {
        const url = new URL(pending.redirectUri);
        url.search = new URLSearchParams({ code, state: pending.state }).toString();
        const checks = { pkceCodeVerifier: pending.codeVerifier, expectedState: pending.state };
        return client.authorizationCodeGrant(configuration, url, checks, this.#profile.tokenParameters);
      },
    });
    const attributes = this.#profile.callbackAttributes?.(parameters) ?? {};
    return toTokenSet(response, this.#profile, { nowMs: this.#clock.now(), attributes });
  }

  /** Tokens for the client itself. @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
  async clientCredentials(signal?: AbortSignal): Promise<TokenSet> {
    const response = await this.#call({
      what: "client credentials grant",
      signal,
      run: (client, configuration) => client.clientCredentialsGrant(configuration, this.#machineParameters()),
    });
    return toTokenSet(response, this.#profile, { nowMs: this.#clock.now() });
  }

  /** Tokens for a signed JWT (RFC 7523), which `profile.assertion` makes anew for each request. */
  jwtBearer(signal?: AbortSignal): Promise<TokenSet> {
    return this.#bearer("jwt_bearer", signal);
  }

  /** Tokens for a signed SAML assertion (RFC 7522), which `profile.assertion` makes anew for each request. */
  samlBearer(signal?: AbortSignal): Promise<TokenSet> {
    return this.#bearer("saml_bearer", signal);
  }

  /**
   * A new set for an old one. What the response leaves out is kept; `rotates` is learned.
   *
   * @throws {AuthenticationError} `RECONNECT_REQUIRED` when the grant is gone or there is no refresh token.
   * @throws {OutcomeUnknownError} when the refresh token may have been used; every other error says that it was not.
   * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
   */
  async refresh(tokens: TokenSet, signal?: AbortSignal): Promise<TokenSet> {
    const { refreshToken } = tokens;
    if (refreshToken === undefined) {
      throw new AuthenticationError("The vendor gave no refresh token: connect again.", { reconnectRequired: true });
    }
    const response = await this.#call({
      what: "token refresh",
      spends: "refresh token",
      secrets: [refreshToken, tokens.accessToken],
      signal,
      run: (client, configuration) =>
        client.refreshTokenGrant(configuration, refreshToken, this.#profile.tokenParameters),
    });
    return toTokenSet(response, this.#profile, { nowMs: this.#clock.now(), previous: tokens });
  }

  /**
   * Tells the vendor that the grant is over (RFC 7009): by the refresh token, which takes the access tokens with it, or
   * by the access token where there is none. A token that the vendor no longer knows counts as revoked.
   *
   * @returns false when the vendor offers no revocation.
   */
  async revoke(tokens: TokenSet, signal?: AbortSignal): Promise<boolean> {
    if (this.#profile.revocationEndpoint === undefined) return false;
    const { refreshToken, accessToken } = tokens;
    const hint = refreshToken === undefined ? "access_token" : "refresh_token";
    try {
      await this.#call({
        what: "revocation",
        secrets: [accessToken, refreshToken ?? ""],
        signal,
        run: (client, configuration) =>
          client.tokenRevocation(configuration, refreshToken ?? accessToken, { token_type_hint: hint }),
      });
    } catch (error) {
      if (error instanceof ConnectorError && error.vendor?.code === "invalid_token") return true;
      throw error;
    }
    return true;
  }

  /**
   * Asks the vendor about the access token (RFC 7662).
   * @throws {ConnectorError} `UNSUPPORTED` when the vendor offers no introspection.
   */
  async introspect(tokens: TokenSet, signal?: AbortSignal): Promise<TokenIntrospection> {
    if (this.#profile.introspectionEndpoint === undefined) {
      throw new ConnectorError("UNSUPPORTED", "This vendor does not tell the state of a token.");
    }
    const { body: claims, serverNowMs } = await this.#exchange({
      what: "introspection",
      secrets: [tokens.accessToken],
      signal,
      run: (client, configuration) =>
        client.tokenIntrospection(configuration, tokens.accessToken, { token_type_hint: "access_token" }),
    });
    return { active: claims.active === true, claims, ...(serverNowMs !== undefined && { serverNowMs }) };
  }

  async #askForExpiry(tokens: TokenSet, signal: AbortSignal | undefined): Promise<number | undefined> {
    const { active, claims, serverNowMs } = await this.introspect(tokens, signal);
    const nowMs = this.#clock.now();
    // Two clocks differ; how much of the token is left is the same by both.
    const leftMs = active ? parseTimeLeftMs(claims.exp, serverNowMs ?? nowMs) : undefined;
    return leftMs === undefined ? undefined : nowMs + leftMs;
  }

  async #bearer(grant: keyof typeof bearerGrants, signal: AbortSignal | undefined): Promise<TokenSet> {
    const assertion = await this.#profile.assertion?.(this.#clock);
    if (assertion === undefined) {
      throw new ConnectorError("UNSUPPORTED", `The profile signs no assertion, which ${grant} needs.`);
    }
    const response = await this.#call({
      what: `${grant} grant`,
      secrets: [assertion],
      signal,
      run: (client, configuration) =>
        client.genericGrantRequest(configuration, bearerGrants[grant], { ...this.#machineParameters(), assertion }),
    });
    return toTokenSet(response, this.#profile, { nowMs: this.#clock.now() });
  }

  #machineParameters(): Record<string, string> {
    const { scopes, tokenParameters } = this.#profile;
    return { ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }), ...tokenParameters };
  }

  async #call(call: Call): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#exchange(call)).body;
  }

  #exchange(call: Call): ReturnType<typeof callEndpoint> {
    const { clientSecret, grant } = this.#profile;
    const explain = (refusal: OAuthRefusal) => this.#profile.explainRefusal?.(refusal);
    return callEndpoint({
      spends: undefined,
      ...call,
      profile: this.#profile,
      transport: this.#transport,
      clock: this.#clock,
      person: grant === "authorization_code",
      explain,
      secrets: [...(call.secrets ?? []), clientSecret ?? ""],
    });
  }
}
