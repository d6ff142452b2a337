import { randomUUID } from "node:crypto";
import {
  type AuthenticationSchemes,
  defineScheme,
  type OAuthGrant,
  type OAuthProfile,
  signSamlAssertion,
  type TokenSet,
  type ValidationIssue,
} from "@isthmus/core";
import type { z } from "zod";
import { signAssertion } from "./jwt-assertion.js";
import type { CustomConfiguration } from "./options/configuration.js";
import {
  apiKeyCredentialsSchema,
  authorizationCodeCredentialsSchema,
  basicCredentialsSchema,
  type CustomCredentials,
  clientCertificateCredentialsSchema,
  clientCredentialsSchema,
  jwtBearerCredentialsSchema,
  noCredentialsSchema,
  samlBearerCredentialsSchema,
} from "./options/credentials.js";

type AuthorizationCode = z.output<typeof authorizationCodeCredentialsSchema>;
type ClientCredentials = z.output<typeof clientCredentialsSchema>;
type JwtBearer = z.output<typeof jwtBearerCredentialsSchema>;
type SamlBearer = z.output<typeof samlBearerCredentialsSchema>;

/** OAuth 2.0 authorization code with PKCE, at the endpoints of the configuration. */
const authorizationCode = defineScheme<AuthorizationCode, CustomConfiguration>({
  title: "OAuth 2.0 (a person signs in)",
  credentials: authorizationCodeCredentialsSchema,
  findMissing: ({ authentication: { oauth2 } }) => {
    if (!oauth2) return missing("authentication.oauth2");
    return oauth2.authorizationEndpoint === undefined ? missing("authentication.oauth2.authorizationEndpoint") : [];
  },
  oauth: (credentials, configuration) => describeServer("authorization_code", credentials, configuration),
  initialTokens: toInitialTokens,
});

/** OAuth 2.0 client credentials. */
const clientCredentials = defineScheme<ClientCredentials, CustomConfiguration>({
  title: "OAuth 2.0 (the client itself)",
  credentials: clientCredentialsSchema,
  findMissing: ({ authentication: { oauth2 } }) => (oauth2 ? [] : missing("authentication.oauth2")),
  oauth: (credentials, configuration) => describeServer("client_credentials", credentials, configuration),
});

/** OAuth 2.0 with an assertion that the client signs (RFC 7523). */
const jwtBearer = defineScheme<JwtBearer, CustomConfiguration>({
  title: "OAuth 2.0 (a signed assertion)",
  credentials: jwtBearerCredentialsSchema,
  findMissing: ({ authentication: { oauth2 } }) => {
    if (!oauth2) return missing("authentication.oauth2");
    return oauth2.assertion ? [] : missing("authentication.oauth2.assertion");
  },
  oauth: (credentials, configuration) => {
    const profile = describeServer("jwt_bearer", credentials, configuration);
    const { assertion } = oauthOf(configuration);
    if (!assertion) throw new TypeError("Validation has let a configuration without an assertion pass.");
    const parts = {
      configuration: assertion,
      clientId: profile.clientId,
      tokenEndpoint: profile.tokenEndpoint,
      privateKey: credentials.privateKey,
      keyId: credentials.keyId,
    };
    return { ...profile, assertion: async (clock) => signAssertion(parts, clock, randomUUID()) };
  },
});

/** OAuth 2.0 with a SAML assertion that the client issues and signs (RFC 7522). */
const samlBearer = defineScheme<SamlBearer, CustomConfiguration>({
  title: "OAuth 2.0 (a signed SAML assertion)",
  credentials: samlBearerCredentialsSchema,
  findMissing: ({ authentication: { oauth2 } }) => {
    if (!oauth2) return missing("authentication.oauth2");
    return oauth2.samlAssertion ? [] : missing("authentication.oauth2.samlAssertion");
  },
  oauth: (credentials, configuration) => {
    const profile = describeServer("saml_bearer", credentials, configuration);
    const { samlAssertion } = oauthOf(configuration);
    if (!samlAssertion) throw new TypeError("Validation has let a configuration without a SAML assertion pass.");
    const { subject, signingKey, signingCertificate } = credentials;
    const recipient = samlAssertion.recipient ?? profile.tokenEndpoint;
    const assertion = { ...samlAssertion, recipient, subject, signingKey, signingCertificate };
    return { ...profile, assertion: (clock) => signSamlAssertion(assertion, clock) };
  },
});

const basic = defineScheme<z.output<typeof basicCredentialsSchema>, CustomConfiguration>({
  title: "User name and password",
  credentials: basicCredentialsSchema,
});

const clientCertificate = defineScheme<z.output<typeof clientCertificateCredentialsSchema>, CustomConfiguration>({
  title: "X.509 client certificate",
  credentials: clientCertificateCredentialsSchema,
});

const apiKey = defineScheme<z.output<typeof apiKeyCredentialsSchema>, CustomConfiguration>({
  title: "API key",
  credentials: apiKeyCredentialsSchema,
  findMissing: ({ authentication }) => (authentication.apiKey ? [] : missing("authentication.apiKey")),
});

const none = defineScheme<z.output<typeof noCredentialsSchema>, CustomConfiguration>({
  title: "None (a public API)",
  credentials: noCredentialsSchema,
});

/** Every way of authenticating that a configuration can choose. */
export const authentication: AuthenticationSchemes<CustomConfiguration, CustomCredentials> = {
  oauth2_authorization_code: authorizationCode,
  oauth2_client_credentials: clientCredentials,
  oauth2_jwt_bearer: jwtBearer,
  oauth2_saml_bearer: samlBearer,
  client_certificate: clientCertificate,
  basic,
  api_key: apiKey,
  none,
};

function missing(path: string): ValidationIssue[] {
  return [{ path, message: "is needed by this authentication method" }];
}

function oauthOf({ authentication: { oauth2 } }: CustomConfiguration) {
  if (oauth2) return oauth2;
  throw new TypeError("Validation has let a configuration without OAuth endpoints pass.");
}

function describeServer(
  grant: OAuthGrant,
  credentials: { readonly clientId: string; readonly clientSecret?: string | undefined },
  configuration: CustomConfiguration,
): OAuthProfile {
  const oauth = oauthOf(configuration);
  const { tokenEndpoint, authorizationEndpoint, revocationEndpoint, clientAuthentication, tokenLifetimeMs } = oauth;
  return {
    grant,
    issuer: oauth.issuer ?? new URL(tokenEndpoint).origin,
    tokenEndpoint,
    ...(authorizationEndpoint !== undefined && { authorizationEndpoint }),
    ...(revocationEndpoint !== undefined && { revocationEndpoint }),
    clientId: credentials.clientId,
    ...(credentials.clientSecret !== undefined && { clientSecret: credentials.clientSecret }),
    ...(clientAuthentication !== undefined && { clientAuthentication }),
    scopes: oauth.scopes,
    authorizationParameters: oauth.authorizationParameters,
    tokenParameters: oauth.tokenParameters,
    readTokenResponse: (response, nowMs) =>
      // What the server says of a token's life counts; only where it is silent, what the configuration knows.
      tokenLifetimeMs !== undefined && response.expires_in === undefined
        ? { expiresAtMs: nowMs + tokenLifetimeMs }
        : {},
  };
}

/** A refresh token alone: the access token counts as ended long ago, so the first call refreshes. */
function toInitialTokens({ refreshToken }: AuthorizationCode): TokenSet | undefined {
  if (refreshToken === undefined) return undefined;
  return { accessToken: "", tokenType: "Bearer", refreshToken, expiresAtMs: 0, issuedAtMs: 0, attributes: {} };
}
