import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { Clock } from "@isthmus/core";
import { ValidationError } from "@isthmus/core";
import type { AssertionConfiguration } from "./options/authentication-options.js";

/** What an assertion is made of. */
export interface AssertionParts {
  readonly configuration: AssertionConfiguration;
  readonly clientId: string;
  readonly tokenEndpoint: string;
  /** PEM. */
  readonly privateKey: string;
  readonly keyId: string | undefined;
}

const signatures = {
  RS256: { type: "rsa", options: {} },
  PS256: { type: "rsa", options: { padding: 6, saltLength: 32 } },
  ES256: { type: "ec", options: { dsaEncoding: "ieee-p1363" } },
} as const;

/**
 * A signed JWT by which a client asks for a token (RFC 7523 section 2.1), made anew for each request.
 *
 * @param tokenId - `jti`: no two assertions may have the same one.
 * @throws {ValidationError} when the key cannot be read or is of another kind than the algorithm.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function signAssertion(parts: AssertionParts, clock: Clock, tokenId: string): string {
  const { configuration, clientId, tokenEndpoint, keyId } = parts;
  const { algorithm, issuer, subject, audience, lifetimeSeconds, claims } = configuration;
  const issuedAt = Math.floor(clock.now() / 1000);
  const header = { alg: algorithm, typ: "JWT", ...(keyId !== undefined && { kid: keyId }) };
  const payload = {
    ...claims,
    iss: issuer ?? clientId,
    sub: subject ?? clientId,
    aud: audience ?? tokenEndpoint,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    jti: tokenId,
  };
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const key = readKey(parts.privateKey, signatures[algorithm].type);
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
