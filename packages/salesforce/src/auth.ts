import { ConnectorError, defineScheme, type OAuthProfile, type RefreshPolicy, type TokenSet } from "@isthmus/core";
import {
  type AuthorizationCodeCredentials,
  authorizationCodeCredentialsSchema,
  type SalesforceConfiguration,
} from "./options.js";

/**
 * How Salesforce's tokens want to be refreshed. Where the app rotates refresh tokens, a spent one that comes back revokes
 * the whole grant, so a refresh with an unknown outcome is repeated only for grants that were never seen to rotate.
 */
export const refreshPolicy: RefreshPolicy = {
  marginMs: 300_000,
  jitterMs: 60_000,
  assumedLifetimeMs: 7_200_000,
  afterAmbiguous: "retry_once_unless_rotating",
};

/** OAuth 2.0 authorization code with PKCE: a person signs in at Salesforce and allows the connection. */
export const authorizationCodeScheme = defineScheme<AuthorizationCodeCredentials, SalesforceConfiguration>({
  title: "OAuth 2.0 (a person signs in)",
  credentials: authorizationCodeCredentialsSchema,
  oauth: describeAuthorizationServer,
  initialTokens: toInitialTokens,
});

function describeAuthorizationServer(
  credentials: AuthorizationCodeCredentials,
  configuration: SalesforceConfiguration,
): OAuthProfile {
  const { loginUrl, scopes, sessionLifetimeMs } = configuration;
  const endpoint = (name: string) => `${loginUrl}/services/oauth2/${name}`;
  return {
    grant: "authorization_code",
    issuer: loginUrl,
    authorizationEndpoint: endpoint("authorize"),
    tokenEndpoint: endpoint("token"),
    revocationEndpoint: endpoint("revoke"),
    introspectionEndpoint: endpoint("introspect"),
    clientId: credentials.clientId,
    ...(credentials.clientSecret !== undefined && { clientSecret: credentials.clientSecret }),
    scopes,
    readTokenResponse: (response, nowMs) => ({
      attributes: pickAttributes(response),
      // There is no `expires_in`: the organisation's session settings decide, and nobody can read them from here. Only
      // what the configuration knows is stated; otherwise the policy assumes, which never gives up a token that works.
      ...(sessionLifetimeMs !== undefined && { expiresAtMs: nowMs + sessionLifetimeMs }),
    }),
  };
}

/** `instance_url`: where the API is. `id`: where the identity of the user is told. */
function pickAttributes(response: Readonly<Record<string, unknown>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of ["instance_url", "id"] as const) {
    const value = response[name];
    if (typeof value === "string" && value !== "") attributes[name] = value;
  }
  return attributes;
}

/** A refresh token alone: the access token counts as ended long ago, so the first call refreshes. */
function toInitialTokens(credentials: AuthorizationCodeCredentials): TokenSet | undefined {
  const { refreshToken } = credentials;
  if (refreshToken === undefined) return undefined;
  return { accessToken: "", tokenType: "Bearer", refreshToken, expiresAtMs: 0, issuedAtMs: 0, attributes: {} };
}

/**
 * An address that came with the tokens.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when Salesforce did not send it.
 */
export function requireAttribute(attributes: Readonly<Record<string, string>>, name: "instance_url" | "id"): string {
  const value = attributes[name];
  if (value !== undefined) return value;
  throw new ConnectorError(
    "UNEXPECTED_RESPONSE",
    `Salesforce granted a token without "${name}". Connect again; if it stays so, check the app's OAuth scopes.`,
  );
}
