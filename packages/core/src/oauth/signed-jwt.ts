import { sign } from "node:crypto";
import { readSigningKey } from "./read-signing-key.js";

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
  const key = readSigningKey(privateKey, signatures[algorithm].type, "privateKey");
  const signature = sign("sha256", Buffer.from(text), { key, ...signatures[algorithm].options });
  return `${text}.${signature.toString("base64url")}`;
}
