import type { JWTHeaderParameters, JWTPayload } from "jose";
import type { IdentityProviderRow } from "../repositories/index.js";
import { TokenRefusedError } from "./refusals.js";

/** Claims that only ID tokens and logout tokens have. */
const foreignClaims = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

/**
 * Tells access tokens from what else an issuer signs: an ID token proves to a program that somebody signed in there, and is
 * shown around freely; it must not open anything here.
 *
 * RFC 9068 marks access tokens by `typ: at+jwt`, which is what is taken unless the tenant says that its provider does not.
 * Then whatever marks another kind is refused: the claims above, and what widespread providers say in a claim `typ` or
 * `token_use`. That is a list, and weaker than a mark: the tenant may demand a scope beside, which ID tokens do not have.
 *
 * @throws {TokenRefusedError} `token_type`, `bound` or `scope`.
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
 */
export function assertAccessToken(
  header: JWTHeaderParameters,
  claims: JWTPayload,
  { accessTokenType, requiredScope }: Pick<IdentityProviderRow, "accessTokenType" | "requiredScope">,
): void {
  const type = header.typ?.toLowerCase().replace(/^application\//, "");
  const isMarked = type === "at+jwt";
  const mayBeUnmarked = accessTokenType === "jwt" && (type === undefined || type === "jwt") && !isForeign(claims);
  if (!isMarked && !mayBeUnmarked) throw new TokenRefusedError("token_type");
  // Whoever stole such a token could use it here all the same. https://www.rfc-editor.org/rfc/rfc9449#section-7.2
  if (claims.cnf !== undefined) throw new TokenRefusedError("bound");
  if (requiredScope !== null && !scopesOf(claims).includes(requiredScope)) throw new TokenRefusedError("scope");
}

function isForeign(claims: JWTPayload): boolean {
  return (
    foreignClaims.some((name) => Object.hasOwn(claims, name)) ||
    !["undefined", "bearer"].includes(String(claims.typ).toLowerCase()) ||
    !["undefined", "access"].includes(String(claims.token_use).toLowerCase())
  );
}

/** `scope` is text with spaces; some providers say `scp`, as text or as a list. */
function scopesOf({ scope, scp }: JWTPayload): readonly unknown[] {
  return [scope, scp].flatMap((claim) =>
    typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [],
  );
}
