import type { X509Certificate } from "node:crypto";
import { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { AuthenticationError, ValidationError } from "../errors/index.js";
import type { Clock, OperatorFiles } from "../runtime/index.js";
import type { TransportTls } from "./options.js";

/** Where a client certificate and its key are: in PEM, as PKCS #12 in base64, or in files of the operator's folder. */
export interface ClientIdentityFields {
  readonly certificate?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  readonly pfx?: string | undefined;
  readonly pfxFile?: string | undefined;
  /** Of the private key or the container. */
  readonly passphrase?: string | undefined;
}

/** A client certificate that can be shown, with what it says of itself. */
export interface ClientIdentity {
  /** As the transport wants it. The same object as long as nothing changed. */
  readonly tls: TransportTls;
  /** `CN=ACME`, one attribute after the other. */
  readonly subject: string;
  readonly issuer: string;
  /** Epoch milliseconds. */
  readonly validToMs: number;
  /** SHA-256 of the certificate, as people compare it. */
  readonly fingerprint: string;
}

/** What is read anew for each connection. */
interface Material {
  readonly certificate: string | Buffer | undefined;
  readonly privateKey: string | Buffer | undefined;
  readonly pfx: Buffer | undefined;
}

/** The client certificate of one connector, inline or from files that may be replaced while it works. */
export class ClientIdentitySource {
  readonly #fields: ClientIdentityFields;
  readonly #files: OperatorFiles;
  readonly #clock: Clock;
  readonly #inlinePfx: Buffer | undefined;
  #latest: { readonly material: Material; readonly identity: ClientIdentity } | undefined;

  constructor(fields: ClientIdentityFields, files: OperatorFiles, clock: Clock) {
    this.#fields = fields;
    this.#files = files;
    this.#clock = clock;
    this.#inlinePfx = fields.pfx === undefined ? undefined : Buffer.from(fields.pfx, "base64");
  }

  /**
   * The certificate as it is now, expired or not.
   *
   * @throws {ValidationError} when a file is missing, or key and certificate cannot be used.
   */
  async read(): Promise<ClientIdentity> {
    const { certificateFile, privateKeyFile, pfxFile } = this.#fields;
    const [certificate, privateKey, pfx] = await Promise.all(
      [certificateFile, privateKeyFile, pfxFile].map((name) =>
        name === undefined ? undefined : this.#files.read(name),
      ),
    );
    const material: Material = {
      certificate: certificate ?? this.#fields.certificate,
      privateKey: privateKey ?? this.#fields.privateKey,
      pfx: pfx ?? this.#inlinePfx,
    };
    const latest = this.#latest;
    if (latest && isSame(latest.material, material)) return latest.identity;
    const identity = toIdentity(material, this.#fields.passphrase);
    this.#latest = { material, identity };
    return identity;
  }

  /**
   * {@link read} for a connection that is about to be made.
   *
   * @throws {AuthenticationError} when it has expired: the other side would refuse it, and say less.
   */
  async readValid(): Promise<ClientIdentity> {
    const identity = await this.read();
    if (identity.validToMs > this.#clock.now()) return identity;
    const ended = new Date(identity.validToMs).toISOString();
    throw new AuthenticationError(
      `The client certificate (${identity.subject}) has expired: it was valid until ${ended}. Put a new one in its place.`,
    );
  }
}

function isSame(one: Material, other: Material): boolean {
  return one.certificate === other.certificate && one.privateKey === other.privateKey && one.pfx === other.pfx;
}

function toIdentity({ certificate, privateKey, pfx }: Material, passphrase: string | undefined): ClientIdentity {
  const tls: TransportTls = {
    ...(certificate !== undefined && { cert: certificate }),
    ...(privateKey !== undefined && { key: privateKey }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
  };
  const own = readOwnCertificate(tls);
  return {
    tls,
    subject: own.subject.replaceAll("\n", ", "),
    issuer: own.issuer.replaceAll("\n", ", "),
    validToMs: Date.parse(own.validTo),
    fingerprint: own.fingerprint256,
  };
}

/** Node opens PKCS #12 for connections only, so a connection that leads nowhere is asked which certificate it would show. */
function readOwnCertificate(tls: TransportTls): X509Certificate {
  let own: X509Certificate | undefined;
  try {
    const socket = new TLSSocket(new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }), {
      secureContext: createSecureContext(tls),
    });
    own = socket.getX509Certificate();
    socket.destroy();
  } catch (cause) {
    throw unusable(problemOf(cause));
  }
  if (!own) throw unusable("holds no certificate");
  return own;
}

/** Node's own words may quote the key, so only their kind is passed on. */
function problemOf(cause: unknown): string {
  const words = cause instanceof Error ? `${"code" in cause ? String(cause.code) : ""} ${cause.message}` : "";
  if (/mac verify failure|bad decrypt|bad password|passphrase|interrupted or cancelled/i.test(words)) {
    return "does not open with the passphrase";
  }
  if (/KEY_VALUES_MISMATCH|key values mismatch/i.test(words)) return "does not belong to the private key";
  if (/PKCS12|UNSUPPORTED_OPERATION/i.test(words)) {
    return "is a PKCS #12 container that cannot be read: make it anew with current algorithms (AES, SHA-256)";
  }
  return "cannot be read: give certificate and key in PEM or PKCS #12";
}

function unusable(problem: string): ValidationError {
  return new ValidationError(`The client certificate ${problem}.`, [{ path: "certificate", message: problem }]);
}
