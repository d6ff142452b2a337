import { type Clock, signJwt } from "@isthmus/core";
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

/**
 * A signed JWT by which a client asks for a token (RFC 7523 section 2.1), made anew for each request.
 *
 * @param tokenId - `jti`: no two assertions may have the same one.
 * @throws {ValidationError} when the key cannot be read or is of another kind than the algorithm.
 */
export function signAssertion(parts: AssertionParts, clock: Clock, tokenId: string): string {
  const { configuration, clientId, tokenEndpoint, privateKey, keyId } = parts;
  const { algorithm, issuer, subject, audience, lifetimeSeconds, claims } = configuration;
  const issuedAt = Math.floor(clock.now() / 1000);
  return signJwt({
    algorithm,
    privateKey,
    keyId,
    claims: {
      ...claims,
      iss: issuer ?? clientId,
      sub: subject ?? clientId,
      aud: audience ?? tokenEndpoint,
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      jti: tokenId,
    },
  });
}
