import {
  type AuthenticationSchemes,
  defaultRefreshPolicy,
  defineScheme,
  type OAuthProfile,
  type RefreshPolicy,
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
import { signAssertion } from "./saml-assertion.js";

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
    const parts = { settings, credentials, tokenEndpoint: profile.tokenEndpoint };
    return { ...profile, assertion: (clock) => signAssertion(parts, clock) };
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
  { oauth }: SapConfiguration,
): OAuthProfile {
  if (!oauth) throw new TypeError("Validation has let a configuration without OAuth settings pass.");
  const { tokenEndpoint, scopes, clientAuthentication } = oauth;
  return {
    grant,
    issuer: new URL(tokenEndpoint).origin,
    tokenEndpoint,
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    clientAuthentication:
      clientSecret === undefined ? "tls_client_auth" : (clientAuthentication ?? "client_secret_post"),
    scopes,
  };
}
