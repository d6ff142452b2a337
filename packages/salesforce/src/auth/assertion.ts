import { type Clock, signJwt } from "@isthmus/core";
import type { JwtBearerCredentials } from "./credentials.js";

/** Salesforce takes an assertion that ends within three minutes; one of them is left to clocks that differ. */
const lifetimeSeconds = 120;

/**
 * The assertion of Salesforce's JWT bearer flow, made anew for each request.
 *
 * @param loginUrl - The audience, unless the credentials name another one.
 * @throws {ValidationError} when the key cannot be read or is no RSA key.
 * @see https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 */
export function createAssertion(credentials: JwtBearerCredentials, loginUrl: string, clock: Clock): string {
  const { clientId, username, privateKey, audience } = credentials;
  const expiresAt = Math.floor(clock.now() / 1000) + lifetimeSeconds;
  const claims = { iss: clientId, sub: username, aud: audience ?? loginUrl, exp: expiresAt };
  return signJwt({ algorithm: "RS256", privateKey, claims });
}
