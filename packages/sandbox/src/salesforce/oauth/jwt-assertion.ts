import { verify } from "node:crypto";
import { OAuthError } from "../../shared/oauth-error.js";
import type { SalesforceState } from "../state.js";

// The generic login hosts and the organisation's own address are all good audiences.
const genericAudiences = ["https://login.salesforce.com", "https://test.salesforce.com"];

/** Salesforce wants assertions that expire within about three minutes; a little more is let pass for clocks that differ. */
const maximumLifetimeMs = 5 * 60 * 1000;

/**
 * Checks a JWT bearer assertion: RS256 by the registered key, issuer, audience and expiry.
 *
 * @throws {OAuthError} `invalid_grant`, or `invalid_client_id` for an issuer that is not the client.
 */
export function readAssertion(assertion: string, state: SalesforceState): { username: string } {
  const [header = "", payload = "", signature = "", ...rest] = assertion.split(".");
  const claims = readPart(payload);
  if (rest.length > 0 || signature === "" || readPart(header).alg !== "RS256")
    throw new OAuthError("invalid_grant", "invalid assertion");
  if (claims.iss !== state.client.id) throw new OAuthError("invalid_client_id", "client identifier invalid");
  const key = state.client.jwtPublicKey;
  if (
    key === null ||
    !verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))
  ) {
    throw new OAuthError("invalid_grant", "invalid assertion");
  }
  if (
    typeof claims.aud !== "string" ||
    ![...genericAudiences, state.baseUrl()].includes(claims.aud.replace(/\/$/, ""))
  ) {
    throw new OAuthError("invalid_grant", "audience is invalid");
  }
  const expiresAt = typeof claims.exp === "number" ? claims.exp * 1000 : 0;
  if (expiresAt <= state.clock() || expiresAt > state.clock() + maximumLifetimeMs)
    throw new OAuthError("invalid_grant", "invalid assertion");
  if (typeof claims.sub !== "string") throw new OAuthError("invalid_grant", "invalid assertion");
  return { username: claims.sub };
}

function readPart(part: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch (error) {
    if (error instanceof SyntaxError) throw new OAuthError("invalid_grant", "invalid assertion");
    throw error;
  }
}
