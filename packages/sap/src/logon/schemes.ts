import {
  type AuthenticationSchemes,
  defaultRefreshPolicy,
  defineScheme,
  type OAuthProfile,
  type RefreshPolicy,
  signSamlAssertion,
  type ValidationIssue,
} from "@isthmus/core";
import type { SapConfiguration } from "../options/configuration.js";
import {
  type BasicCredentials,
  basicCredentialsSchema,
  type CertificateCredentials,
  type ClientCredentials,
  certificateCredentialsSchema,
  clientCredentialsSchema,
  type SamlBearerCredentials,
  type SapCredentials,
  samlBearerCredentialsSchema,
} from "../options/credentials.js";

/** No grant of these methods has a refresh token: a token is asked for anew, which can be repeated. */
export const refreshPolicy: RefreshPolicy = { ...defaultRefreshPolicy, afterAmbiguous: "retry_once" };

const clientCertificate = defineScheme<CertificateCredentials, SapConfiguration>({
  title: "X.509 client certificate",
  credentials: certificateCredentialsSchema,
});

const basic = defineScheme<BasicCredentials, SapConfiguration>({
  title: "User and password",
  credentials: basicCredentialsSchema,
});

const clientCredentials = defineScheme<ClientCredentials, SapConfiguration>({
  title: "OAuth 2.0 (the client itself)",
  credentials: clientCredentialsSchema,
  findMissing: ({ oauth }) => (oauth ? [] : missing("oauth")),
  oauth: (credentials, configuration) => describeServer("client_credentials", credentials, configuration),
});

const samlBearer = defineScheme<SamlBearerCredentials, SapConfiguration>({
  title: "OAuth 2.0 (a signed SAML assertion)",
  credentials: samlBearerCredentialsSchema,
  findMissing: ({ oauth }) => {
    if (!oauth) return missing("oauth");
    return oauth.saml ? [] : missing("oauth.saml");
  },
  oauth: (credentials, configuration) => {
    const profile = describeServer("saml_bearer", credentials, configuration);
    const settings = configuration.oauth?.saml;
    if (!settings) throw new TypeError("Validation has let a configuration without SAML settings pass.");
    const { subject, signingKey, signingCertificate } = credentials;
    const recipient = settings.recipient ?? profile.tokenEndpoint;
    const assertion = { ...settings, recipient, subject, signingKey, signingCertificate };
    return { ...profile, assertion: (clock) => signSamlAssertion(assertion, clock) };
  },
});

/** Every way in which this connector logs on. */
export const authentication: AuthenticationSchemes<SapConfiguration, SapCredentials> = {
  client_certificate: clientCertificate,
  basic,
  oauth2_client_credentials: clientCredentials,
  oauth2_saml_bearer: samlBearer,
};

function missing(path: string): ValidationIssue[] {
  return [{ path, message: "is needed by this authentication method" }];
}

function describeServer(
  grant: "client_credentials" | "saml_bearer",
  { clientId, clientSecret }: Pick<ClientCredentials, "clientId" | "clientSecret">,
  { oauth, url }: SapConfiguration,
): OAuthProfile {
  if (!oauth) throw new TypeError("Validation has let a configuration without OAuth settings pass.");
  const { tokenEndpoint, scopes } = oauth;
  const issuer = new URL(tokenEndpoint).origin;
  // In the ABAP system a client is a user, who logs on as users do; XSUAA takes its secret in the form.
  const { clientAuthentication = issuer === url ? "client_secret_basic" : "client_secret_post" } = oauth;
  return {
    grant,
    issuer,
    tokenEndpoint,
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...describeClient(clientId, clientSecret, clientAuthentication),
    scopes,
  };
}

/** How the client authenticates at the token endpoint. */
function describeClient(
  clientId: string,
  clientSecret: string | undefined,
  method: "client_secret_post" | "client_secret_basic",
): Pick<OAuthProfile, "clientAuthentication" | "tokenHeaders"> {
  if (clientSecret === undefined) return { clientAuthentication: "tls_client_auth" };
  if (method === "client_secret_post") return { clientAuthentication: method };
  // As they are. RFC 6749 has them form-encoded before, which neither the ABAP system nor XSUAA decodes: an id with `_` or `!`
  // would be another one there, and a secret with `-` a wrong password.
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
  return { clientAuthentication: "none", tokenHeaders: { authorization } };
}
