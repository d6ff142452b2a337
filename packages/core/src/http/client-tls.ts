import type { OperatorFiles } from "../runtime/index.js";
import type { ClientIdentity, ClientIdentitySource } from "./client-identity.js";
import type { TlsSource, TransportTls } from "./options.js";

/** What a connector's certificate and trust come from. */
export interface ClientTlsParts {
  /** Missing: no certificate is shown. */
  readonly identity?: ClientIdentitySource | undefined;
  /** The one origin that the certificate is for: no other host is shown it. */
  readonly shownTo: string;
  /** Certificates in PEM of the only authorities that are trusted. Default: those of Node. */
  readonly authorities?: readonly string[] | undefined;
  /** Name of a file of them in the operator's folder. */
  readonly authoritiesFile?: string | undefined;
  readonly files: OperatorFiles;
}

/** Certificate and trust for each new connection; `undefined` where there is nothing to say. */
export function createClientTls(parts: ClientTlsParts): TlsSource | undefined {
  const { identity, shownTo, authorities, authoritiesFile, files } = parts;
  if (!identity && !authorities && authoritiesFile === undefined) return undefined;
  const byOrigin = new Map<string, ReturnType<typeof keepLatest>>();
  return async (origin) => {
    const file = authoritiesFile === undefined ? undefined : await files.read(authoritiesFile);
    const shown = identity && origin === shownTo ? await identity.readValid() : undefined;
    const combine = byOrigin.get(origin) ?? keepLatest();
    byOrigin.set(origin, combine);
    return combine(shown, file, authorities);
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
