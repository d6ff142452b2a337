import type { TlsSource, TransportParts, TransportTls } from "@isthmus/core";
import type { SapConfiguration } from "../options/configuration.js";
import type { SapCredentials } from "../options/credentials.js";
import { type ClientIdentity, ClientIdentitySource } from "./client-identity.js";

/** The client certificate of the credentials; `undefined` where they have none. */
export function openIdentity(
  credentials: SapCredentials,
  { files, clock }: TransportParts,
): ClientIdentitySource | undefined {
  if ("password" in credentials) return undefined;
  const { certificate, certificateFile, pfx, pfxFile } = credentials;
  const isGiven = [certificate, certificateFile, pfx, pfxFile].some((value) => value !== undefined);
  return isGiven ? new ClientIdentitySource(credentials, files, clock) : undefined;
}

/**
 * Certificate and trust for each connection. The certificate is shown to the one host that it is for: the token endpoint where
 * tokens are asked for with it, else the system.
 */
export function createTlsSource(
  configuration: SapConfiguration,
  credentials: SapCredentials,
  parts: TransportParts,
): TlsSource | undefined {
  const { url, oauth, trustedAuthorities, trustedAuthoritiesFile } = configuration;
  const identity = openIdentity(credentials, parts);
  if (!identity && !trustedAuthorities && trustedAuthoritiesFile === undefined) return undefined;
  const shownTo = "clientId" in credentials && oauth ? new URL(oauth.tokenEndpoint).origin : url;
  const byOrigin = new Map<string, ReturnType<typeof keepLatest>>();
  return async (origin) => {
    const file = trustedAuthoritiesFile === undefined ? undefined : await parts.files.read(trustedAuthoritiesFile);
    const shown = identity && origin === shownTo ? await identity.readValid() : undefined;
    const combine = byOrigin.get(origin) ?? keepLatest();
    byOrigin.set(origin, combine);
    return combine(shown, file, trustedAuthorities);
  };
}

/** The same object for the same parts, so that TLS sessions are resumed. */
function keepLatest() {
  let latest: { readonly parts: readonly unknown[]; readonly tls: TransportTls } | undefined;
  return (shown: ClientIdentity | undefined, file: Buffer | undefined, inline: readonly string[] | undefined) => {
    const parts = [shown?.tls, file, inline];
    if (latest && parts.every((part, at) => part === latest?.parts[at])) return latest.tls;
    const ca = [...(inline ?? []), ...(file ? [file] : [])];
    latest = { parts, tls: { ...shown?.tls, ...(ca.length > 0 && { ca }) } };
    return latest.tls;
  };
}
