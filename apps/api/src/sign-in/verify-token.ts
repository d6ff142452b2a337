import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from "jose";
import { ApiError } from "../errors/index.js";
import type { IdentityProviderRow } from "../repositories/index.js";
import { assertAccessToken } from "./access-token.js";
import { isPlainText } from "./claims.js";
import { type RefusalReason, TokenRefusedError } from "./refusals.js";

/** What a token proves. */
export interface VerifiedToken {
  /** The issuer's name for whom it speaks of. */
  readonly subject: string;
  readonly claims: JWTPayload;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/**
 * The issuer that a token names, which nobody has proven: good for finding out whom to ask, and for nothing else.
 *
 * @returns `undefined` when it is no token, or names none.
 */
export function readUnprovenIssuer(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return isPlainText(iss, 2048) ? iss : undefined;
  } catch {
    // Whatever is wrong with it: nobody can be asked about it.
    return undefined;
  }
}

/**
 * Proves a token: signed by its issuer by an algorithm that the tenant takes, made for us, valid now, an access token, of
 * somebody.
 *
 * @param now - Milliseconds since the epoch.
 * @throws {TokenRefusedError} for the first thing that is wrong with it.
 * @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE` when the keys to prove it cannot be had.
 */
export async function verifyToken(
  token: string,
  provider: IdentityProviderRow,
  findKey: JWTVerifyGetKey,
  now: number,
): Promise<VerifiedToken> {
  const { protectedHeader, payload } = await prove(token, provider, findKey, now);
  assertAccessToken(protectedHeader, payload, provider);
  // jose proves times that are there.
  const { sub, exp } = payload;
  // As long as the specification lets it be.
  if (!isPlainText(sub, 255)) throw new TokenRefusedError("subject");
  if (exp === undefined) throw new TokenRefusedError("no_expiry");
  return { subject: sub, claims: payload, expiresAtMs: exp * 1000 };
}

async function prove(
  token: string,
  { issuer, audience, algorithms, toleranceSeconds, maxAgeSeconds }: IdentityProviderRow,
  findKey: JWTVerifyGetKey,
  now: number,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, findKey, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: toleranceSeconds,
      maxTokenAge: maxAgeSeconds, // so it has to say when it was issued
      currentDate: new Date(now),
    });
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new TokenRefusedError(reasonOf(error), { cause: error });
  }
}

const reasonsOfClaims: Readonly<Record<string, RefusalReason>> = {
  iss: "issuer",
  aud: "audience",
  nbf: "not_yet_valid",
  iat: "not_yet_valid",
  exp: "no_expiry",
  sub: "subject",
};

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTExpired) return error.claim === "iat" ? "too_old" : "expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "iat" && error.reason !== "check_failed") return "no_issue_time";
    return reasonsOfClaims[error.claim] ?? "malformed";
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return "unknown_key";
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  const isUnreadable = [errors.JWSInvalid, errors.JWTInvalid, errors.JOSENotSupported].some(
    (kind) => error instanceof kind,
  );
  // What else jose and the platform throw is about the key: too short, of another kind, broken.
  return isUnreadable ? "malformed" : "unusable_key";
}
