import {
  type AuthenticationSchemes,
  defineScheme,
  type OAuthGrant,
  type OAuthProfile,
  type RefreshPolicy,
  type TokenSet,
  type ValidationIssue,
} from "@isthmus/core";
import type { SalesforceConfiguration } from "../options.js";
import { createAssertion } from "./assertion.js";
import { pickAttributes } from "./attributes.js";
import {
  type AuthorizationCodeCredentials,
  authorizationCodeCredentialsSchema,
  type ClientCredentials,
  clientCredentialsSchema,
  type JwtBearerCredentials,
  jwtBearerCredentialsSchema,
  type SalesforceCredentials,
} from "./credentials.js";
import { explainRefusal } from "./refusals.js";

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

/** A person signs in at Salesforce and allows the connection (authorization code with PKCE). */
const authorizationCode = defineScheme<AuthorizationCodeCredentials, SalesforceConfiguration>({
  title: "OAuth 2.0 (a person signs in)",
  credentials: authorizationCodeCredentialsSchema,
  oauth: ({ clientId, clientSecret }, configuration) => ({
    ...describeServer("authorization_code", configuration, clientId, clientSecret),
    authorizationEndpoint: endpointOf(configuration, "authorize"),
    scopes: configuration.scopes,
  }),
  initialTokens: toInitialTokens,
});

/** The app signs for one user, who was approved for it beforehand. */
const jwtBearer = defineScheme<JwtBearerCredentials, SalesforceConfiguration>({
  title: "OAuth 2.0 (a signed assertion for one user)",
  credentials: jwtBearerCredentialsSchema,
  oauth: (credentials, configuration) => ({
    ...describeServer("jwt_bearer", configuration, credentials.clientId),
    assertion: async (clock) => createAssertion(credentials, configuration.loginUrl, clock),
  }),
});

/** The app works as the user that its administrator has chosen ("Run As"). */
const clientCredentials = defineScheme<ClientCredentials, SalesforceConfiguration>({
  title: "OAuth 2.0 (the app itself, as its Run As user)",
  credentials: clientCredentialsSchema,
  findMissing: ({ loginUrl }) => (genericHosts.has(loginUrl) ? [needsMyDomain] : []),
  oauth: ({ clientId, clientSecret }, configuration) =>
    describeServer("client_credentials", configuration, clientId, clientSecret),
});

/** Every way of signing in that this connector knows. */
export const authentication: AuthenticationSchemes<SalesforceConfiguration, SalesforceCredentials> = {
  oauth2_authorization_code: authorizationCode,
  oauth2_client_credentials: clientCredentials,
  oauth2_jwt_bearer: jwtBearer,
};

/** They know every organisation and belong to none. */
const genericHosts: ReadonlySet<string> = new Set(["https://login.salesforce.com", "https://test.salesforce.com"]);

const needsMyDomain: ValidationIssue = {
  path: "loginUrl",
  message:
    "must be the organisation's My Domain, such as https://example.my.salesforce.com: Salesforce grants client credentials nowhere else",
};

function endpointOf({ loginUrl }: SalesforceConfiguration, name: string): string {
  return `${loginUrl}/services/oauth2/${name}`;
}

function describeServer(
  grant: OAuthGrant,
  configuration: SalesforceConfiguration,
  clientId: string,
  clientSecret?: string,
): OAuthProfile {
  const { loginUrl, sessionLifetimeMs, introspect } = configuration;
  return {
    grant,
    issuer: loginUrl,
    tokenEndpoint: endpointOf(configuration, "token"),
    revocationEndpoint: endpointOf(configuration, "revoke"),
    introspectionEndpoint: endpointOf(configuration, "introspect"),
    // Introspection wants the secret; a client without one lives with the assumption.
    asksForExpiry: introspect === "auto" && sessionLifetimeMs === undefined && clientSecret !== undefined,
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    // Without a person the app's own settings decide; Salesforce refuses a request that names scopes then.
    scopes: [],
    explainRefusal,
    readTokenResponse: (response, nowMs) => ({
      attributes: pickAttributes(response),
      // There is no `expires_in`: the organisation's session settings decide. Only what the configuration knows is stated
      // here; otherwise introspection tells, or the policy assumes, which never gives up a token that works.
      ...(sessionLifetimeMs !== undefined && { expiresAtMs: nowMs + sessionLifetimeMs }),
    }),
  };
}

/** A refresh token alone: the access token counts as ended long ago, so the first call refreshes. */
function toInitialTokens({ refreshToken }: AuthorizationCodeCredentials): TokenSet | undefined {
  if (refreshToken === undefined) return undefined;
  return { accessToken: "", tokenType: "Bearer", refreshToken, expiresAtMs: 0, issuedAtMs: 0, attributes: {} };
}
