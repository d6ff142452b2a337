import {
  ClientIdentitySource,
  createClientTls,
  hasClientIdentity,
  type TlsSource,
  type TransportParts,
} from "@isthmus/core";
import type { SapConfiguration } from "../options/configuration.js";
import type { SapCredentials } from "../options/credentials.js";

/** The client certificate of the credentials; `undefined` where they have none. */
export function openIdentity(
  credentials: SapCredentials,
  { files, clock }: TransportParts,
): ClientIdentitySource | undefined {
  if ("password" in credentials || !hasClientIdentity(credentials)) return undefined;
  return new ClientIdentitySource(credentials, files, clock);
}

/** The certificate is shown to the token endpoint where tokens are asked for with it, else to the system. */
export function createTlsSource(
  { url, oauth, trustedAuthorities, trustedAuthoritiesFile }: SapConfiguration,
  credentials: SapCredentials,
  parts: TransportParts,
): TlsSource | undefined {
  return createClientTls({
    identity: openIdentity(credentials, parts),
    shownTo: "clientId" in credentials && oauth ? new URL(oauth.tokenEndpoint).origin : url,
    authorities: trustedAuthorities,
    authoritiesFile: trustedAuthoritiesFile,
    files: parts.files,
  });
}
