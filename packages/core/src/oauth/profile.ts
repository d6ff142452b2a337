import type { Clock } from "../runtime/index.js";
import type { OAuthRefusal, RefusalMeaning } from "./oauth-errors.js";
import type { TokenSet } from "./token-set.js";

/** OAuth grants that core speaks. */
export type OAuthGrant = "authorization_code" | "client_credentials" | "jwt_bearer" | "saml_bearer";

/**
 * A vendor's side of OAuth 2.0: where its endpoints are and how it deviates. The flows themselves are written once, in
 * `OAuthClient`; a vendor supplies this and nothing else.
 */
export interface OAuthProfile {
  /** How tokens are obtained. */
  readonly grant: OAuthGrant;
  /** Identifier of the authorization server. Compared with `iss` where the server sends one (RFC 9207). */
  readonly issuer: string;
  /** Where codes, assertions and refresh tokens are exchanged. Absolute URL. */
  readonly tokenEndpoint: string;
  /** Needed by `authorization_code`. */
  readonly authorizationEndpoint?: string;
  /** RFC 7009. Without it, disconnecting only forgets the tokens. */
  readonly revocationEndpoint?: string;
  /** RFC 7662. */
  readonly introspectionEndpoint?: string;
  /**
   * Whether a new token whose answer states no lifetime is introspected once for its `exp`. Default false. Needs
   * {@link introspectionEndpoint}.
   */
  readonly asksForExpiry?: boolean;
  /** As registered with the vendor. */
  readonly clientId: string;
  /** Missing: a public client, which authenticates by PKCE alone. */
  readonly clientSecret?: string;
  /**
   * How the client authenticates. Default `client_secret_post` with a secret, `none` without. `tls_client_auth`: by the
   * certificate of the transport (RFC 8705).
   */
  readonly clientAuthentication?: "client_secret_post" | "client_secret_basic" | "tls_client_auth" | "none";
  /** What is asked for. Empty: the parameter is left out. */
  readonly scopes: readonly string[];
  /** Further parameters of the authorization request, such as `prompt`. */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  /** Further headers of token requests. */
  readonly tokenHeaders?: Readonly<Record<string, string>>;
  /** Further parameters of token requests. */
  readonly tokenParameters?: Readonly<Record<string, string>>;
  /** The signed assertion of `jwt_bearer` and `saml_bearer` (RFC 7523, RFC 7522), made anew for each request. */
  assertion?(clock: Clock): Promise<string>;
  /** What to keep of the callback's query parameters, such as Intuit's `realmId`. */
  callbackAttributes?(parameters: URLSearchParams): Record<string, string>;
  /** What to keep of a token response beside its standard fields: `instance_url`, `reconnectBeforeMs`. */
  readTokenResponse?(
    response: Readonly<Record<string, unknown>>,
    nowMs: number,
  ): Pick<Partial<TokenSet>, "attributes" | "expiresAtMs" | "reconnectBeforeMs">;
  /**
   * What the vendor means by a refusal of its OAuth endpoints, where its words say more than the error code. `undefined`:
   * what RFC 6749 says of the code.
   */
  explainRefusal?(refusal: OAuthRefusal): RefusalMeaning | undefined;
}

/** How a vendor's tokens want to be refreshed. */
export interface RefreshPolicy {
  /** How long before its expiry a token is renewed, in milliseconds. Default 300 000. */
  readonly marginMs: number;
  /** Spread of that moment, so that tokens of one minute are not all renewed in the same one. Default 60 000. */
  readonly jitterMs: number;
  /** Lifetime assumed when the vendor states none, in milliseconds. */
  readonly assumedLifetimeMs: number;
  /**
   * After a refresh whose outcome is unknown: `retry_once` where sending a spent refresh token does no harm;
   * `retry_once_unless_rotating` where it harms only grants that were seen to rotate; `reconnect` otherwise.
   */
  readonly afterAmbiguous: "retry_once" | "retry_once_unless_rotating" | "reconnect";
}

/** Five minutes before expiry, spread by one; one hour where no lifetime is stated; never repeats an unknown outcome. */
export const defaultRefreshPolicy: RefreshPolicy = {
  marginMs: 300_000,
  jitterMs: 60_000,
  assumedLifetimeMs: 3_600_000,
  afterAmbiguous: "reconnect",
};
