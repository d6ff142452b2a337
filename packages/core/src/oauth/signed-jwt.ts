import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { ValidationError } from "../errors/index.js";

const signatures = {
  RS256: { type: "rsa", options: {} },
  PS256: { type: "rsa", options: { padding: 6, saltLength: 32 } },
  ES256: { type: "ec", options: { dsaEncoding: "ieee-p1363" } },
} as const;

/** Algorithms that {@link signJwt} signs with (RFC 7518 section 3). */
export type JwtAlgorithm = keyof typeof signatures;

/** What a signed JWT is made of. */
export interface JwtParts {
  readonly algorithm: JwtAlgorithm;
  /** PEM, not encrypted. */
  readonly privateKey: string;
  /** Becomes `kid`. Missing: the server has one key of this client. */
  readonly keyId?: string | undefined;
  /** The payload. Times are seconds since the epoch. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * A signed JWT, such as the assertion by which a client asks for a token.
 *
 * @throws {ValidationError} when the key cannot be read or is of another kind than the algorithm.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function signJwt({ algorithm, privateKey, keyId, claims }: JwtParts): string {
  const header = { alg: algorithm, typ: "JWT", ...(keyId !== undefined && { kid: keyId }) };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const key = readKey(privateKey, signatures[algorithm].type);
  const signature = sign("sha256", Buffer.from(text), { key, ...signatures[algorithm].options });
  return `${text}.${signature.toString("base64url")}`;
}

function readKey(pem: string, type: "rsa" | "ec"): KeyObject {
  const refuse = (message: string) =>
    new ValidationError(`The private key ${message}.`, [{ path: "privateKey", message }]);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw refuse("cannot be read: give it in PEM, not encrypted"); // The library's own words may quote the key.
  }
  if (key.asymmetricKeyType !== type) throw refuse(`is not of the kind that the algorithm signs with (${type})`);
  return key;
}
