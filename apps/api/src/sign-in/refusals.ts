/** Why a token is not taken, or whoever it speaks of not let in. Stable: audit events carry them. */
export const refusals = {
  malformed: "it is no signed token (JWT) that can be read",
  algorithm: "it is signed by an algorithm that is not taken",
  unknown_key: "it is signed by no key that its issuer publishes",
  signature: "its signature is wrong",
  unusable_key: "the key that its issuer publishes for it cannot be used",
  issuer: "it is of another issuer",
  audience: "it is made for somebody else (aud)",
  expired: "it has expired",
  no_expiry: "it does not say when it expires (exp)",
  not_yet_valid: "it is not valid yet",
  no_issue_time: "it does not say when it was issued (iat)",
  too_old: "it was issued too long ago",
  token_type: "it is not an access token",
  bound: "it is bound to a key of its holder (cnf), which is not proven here",
  scope: "it lacks the scope that is asked for",
  subject: "it does not say whom it speaks of (sub)",
  no_role: "none of your roles or groups there stands for a role here",
  unknown_person: "you are not known here",
  email_missing: "it does not say your e-mail address, without which nobody is added",
  email_unverified: "your e-mail address is not verified there",
  email_taken: "your e-mail address is that of somebody who is known here already",
  user_disabled: "you may not sign in",
} as const satisfies Record<string, string>;

/** One of {@link refusals}. */
export type RefusalReason = keyof typeof refusals;

// Known to whoever sends anything at all. Everything else is said only to the holder of a token that the issuer has signed.
const beforeProof: ReadonlySet<RefusalReason> = new Set([
  "malformed",
  "algorithm",
  "unknown_key",
  "signature",
  "unusable_key",
]);

/** A token is not taken. It never leaves the service: the caller is told by an `ApiError`. */
export class TokenRefusedError extends Error {
  override readonly name = "TokenRefusedError";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, options?: ErrorOptions) {
    super(`The token is not taken: ${refusals[reason]}.`, options);
    this.reason = reason;
  }

  /** Whether the issuer has signed the token, whatever else is wrong with it. */
  get isProven(): boolean {
    return !beforeProof.has(this.reason);
  }
}
