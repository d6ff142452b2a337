import type { z } from "zod";
import type { ValidationIssue } from "../errors/index.js";
import type { OAuthProfile, TokenSet } from "../oauth/index.js";

/** Every way in which a connector may prove who it is. */
export const authenticationMethods = [
  "oauth2_authorization_code",
  "oauth2_client_credentials",
  "oauth2_jwt_bearer",
  "oauth2_saml_bearer",
  "client_certificate",
  "basic",
  "api_key",
  "custom",
  "none",
] as const;

/** One of {@link authenticationMethods}. */
export type AuthenticationMethod = (typeof authenticationMethods)[number];

/**
 * One way of authenticating that a connector supports, with the credentials that *it* needs: another scheme of the same
 * connector asks for others.
 */
export interface AuthenticationScheme<Credentials = unknown, Configuration = unknown> {
  /** For a form: "OAuth 2.0 (a person signs in)". */
  readonly title: string;
  /** What has to be supplied. Published as JSON Schema; secret fields carry `.meta({ writeOnly: true })`. */
  readonly credentials: z.ZodType<Credentials>;
  /**
   * What a configuration that fits its schema still lacks for this scheme, such as the endpoints of OAuth where those are
   * configured. Asked with every validation; paths begin at the configuration's fields. Missing: nothing is ever lacking.
   */
  findMissing?(configuration: Configuration): readonly ValidationIssue[];
  /** The vendor's OAuth endpoints and deviations. Missing: the scheme has no tokens. */
  oauth?(credentials: Credentials, configuration: Configuration): OAuthProfile;
  /** Tokens that came with the credentials, such as a refresh token from an earlier integration. */
  initialTokens?(credentials: Credentials): TokenSet | undefined;
}

/** The schemes of one connector, by method. */
export type AuthenticationSchemes<Configuration = unknown, Credentials = unknown> = Readonly<
  Partial<Record<AuthenticationMethod, AuthenticationScheme<Credentials, Configuration>>>
>;

/** Declares a scheme; lets `oauth` see the credentials in the type of their schema. */
export function defineScheme<Credentials, Configuration>(
  scheme: AuthenticationScheme<Credentials, Configuration>,
): AuthenticationScheme<Credentials, Configuration> {
  return scheme;
}
