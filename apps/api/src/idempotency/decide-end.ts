import type { ProblemCode } from "../errors/index.js";

/** What a request may have done so far. */
export type Effect =
  /** Nothing that anybody could find twice. */
  | "none"
  /** Something, and doing it again with the same key is doing it once. */
  | "repeatable"
  /** It is at the vendor, who does not know a repetition. */
  | "sent"
  /** Something of ours is committed. */
  | "committed";

/** What becomes of the key of a request that was answered. */
export type End =
  /** The answer is kept: whoever comes again gets it. */
  | "keep"
  /** The key may be used for anything: nothing was done. */
  | "forget"
  /** The same request may be done again, and no other. */
  | "reopen"
  /** Nobody knows what was done: whoever comes again is told so. */
  | "leave";

/** How a request was answered. */
export interface Answered {
  readonly effect: Effect;
  /** Whether no request with this key was there before. */
  readonly isFirst: boolean;
  readonly status: number;
  /** Of the problem, where the answer is one. */
  readonly code: string | undefined;
}

// The caller may not do this, or not now: no effect, by whomever it is said.
const refusals = codes("UNAUTHENTICATED", "FORBIDDEN", "TOO_MANY_REQUESTS", "RATE_LIMITED", "QUOTA_EXHAUSTED");

// The vendor, or the way to it, says so before a write has had an effect; what may have had one is OUTCOME_UNKNOWN.
const withoutEffect = codes(
  ...(["VALIDATION_FAILED", "UNSUPPORTED", "FORBIDDEN_TARGET", "BAD_REQUEST", "PAYLOAD_TOO_LARGE"] as const),
  ...(["AUTHENTICATION_FAILED", "RECONNECT_REQUIRED", "PERMISSION_DENIED", "RATE_LIMITED", "QUOTA_EXHAUSTED"] as const),
  ...(["VENDOR_UNAVAILABLE", "CONNECTION_FAILED", "TIMEOUT", "RESPONSE_CUT", "CANCELLED"] as const),
  ...(["KEY_UNAVAILABLE", "CREDENTIALS_MISSING"] as const),
);

// Said by a vendor that has looked at the write: asking again would be answered alike.
const decided = codes("VENDOR_REJECTED", "CONFLICT", "NOT_FOUND", "OUTCOME_UNKNOWN");

// Found wrong before anything was sent: the caller mends it and may well keep the key.
const unsent = codes("VALIDATION_FAILED", "UNSUPPORTED");

/**
 * What becomes of a key. A success is kept. So is every failure after which doing it again could do it twice, unless its
 * code says that there was no effect. Of the other failures nothing is kept, so that trying again may succeed.
 */
export function decideEnd({ effect, isFirst, status, code = "" }: Answered): End {
  if (status < 400) return "keep";
  const again: End = isFirst && (effect === "none" || unsent.has(code)) ? "forget" : "reopen";
  switch (effect) {
    case "none":
      return again;
    case "repeatable":
      return decided.has(code) ? "keep" : again;
    case "sent":
      return withoutEffect.has(code) ? again : "keep";
    case "committed":
      if (refusals.has(code)) return again;
      return status < 500 ? "keep" : "leave";
  }
}

function codes(...list: readonly ProblemCode[]): ReadonlySet<string> {
  return new Set(list);
}
