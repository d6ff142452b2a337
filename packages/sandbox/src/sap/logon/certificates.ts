import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** A line of CERTRULE: which certificate is which user. One of `subject` and `fingerprint256` must be given. */
export interface CertificateRule {
  /** The distinguished name as RFC 4514 writes it, such as `CN=ISTHMUS,O=Fjordline,C=NO`. */
  subject?: string;
  /** SHA-256 in hex, with or without colons. */
  fingerprint256?: string;
  user: string;
}

/** TLS of the system (STRUST), with the logon by client certificate. */
export interface TlsOptions {
  /** PEM. */
  key: string;
  /** PEM. */
  cert: string;
  /** PEM of the authorities whose client certificates are trusted. Default: none is. */
  ca?: string | string[];
  /** Which certificate logs on as whom. Default: none does. */
  certificates?: readonly CertificateRule[];
}

/** Maps client certificates to users. */
export class CertificateRules {
  readonly #rules: readonly CertificateRule[];

  constructor(rules: readonly CertificateRule[] = []) {
    this.#rules = rules;
  }

  /** The user of the certificate that a connection came with, or `undefined` without one or without a rule for it. */
  userOf(socket: Socket): string | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined || !socket.authorized) return undefined;
    const subject = normalizeSubject(certificate.subject.split("\n"));
    const fingerprint = normalizeFingerprint(certificate.fingerprint256);
    const rule = this.#rules.find(
      (candidate) =>
        (candidate.subject !== undefined && normalizeSubject(splitName(candidate.subject)) === subject) ||
        (candidate.fingerprint256 !== undefined && normalizeFingerprint(candidate.fingerprint256) === fingerprint),
    );
    return rule?.user;
  }
}

/**
 * An ICM (`icm/HTTPS/verify_client = 1`) asks for a certificate and goes on without one; one of an authority that is not
 * in its list ends the connection (`SSSLERR_PEER_CERT_UNTRUSTED`), so the caller sees it cut rather than a 401.
 */
export function cutUntrusted(socket: TLSSocket): void {
  if (socket.getPeerX509Certificate() !== undefined && !socket.authorized) socket.destroy();
}

/** The order of the parts depends on who writes it. */
function normalizeSubject(parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .sort()
    .join(",");
}

function splitName(name: string): string[] {
  return name.split(/(?<!\\),/);
}

function normalizeFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
