import { RateLimitError } from "@isthmus/core";
import type { BudgetAnswer } from "../repositories/index.js";
import type { WaitingCall } from "./waiting-calls.js";

/** Those who were refused do not look again for so long at the most: meanwhile the vendor may have said something else. */
const longestRestMs = 60_000;

/** When and why there was nothing. */
export interface Refusal {
  /** Of whom asked: for who is more urgent, there may be something. */
  readonly rank: number;
  /** When to ask again. */
  readonly untilMs: number;
  /** When a call will find leave at the earliest. */
  readonly retryAtMs: number;
  readonly reason: BudgetAnswer["reason"];
}

/** What an answer refused to those of a rank; `undefined` = nothing. @param answeredAtMs - By our clock. */
export function toRefusal(
  { waitMs, reason }: Pick<BudgetAnswer, "waitMs" | "reason">,
  rank: number,
  answeredAtMs: number,
): Refusal | undefined {
  if (waitMs === null) return undefined;
  return { rank, untilMs: answeredAtMs + Math.min(waitMs, longestRestMs), retryAtMs: answeredAtMs + waitMs, reason };
}

/** Whether a call waits in vain: its time is over, or will be before there is leave for it. */
export function isInVain({ untilMs, terms }: WaitingCall, refusal: Refusal | undefined, nowMs: number): boolean {
  if (untilMs <= nowMs) return true;
  if (refusal?.reason !== "quota" && refusal?.reason !== "paused") return false;
  return refusal.untilMs > nowMs && refusal.retryAtMs > untilMs && terms.rank >= refusal.rank;
}

/** What a call is told that waits in vain. */
export function toRateLimitError(refusal: Refusal | undefined, nowMs: number): RateLimitError {
  const retryAfterMs = refusal === undefined ? undefined : Math.max(0, refusal.retryAtMs - nowMs);
  const words =
    refusal?.reason === "quota"
      ? "What the vendor allows the account in a day is used up, as far as this kind of work may use it"
      : refusal?.reason === "paused"
        ? "The vendor asked to be left alone"
        : "Too many calls wait for what the vendor allows the account";
  return new RateLimitError(`${words}; nothing was sent. Try again later.`, {
    retryable: true,
    quota: refusal?.reason === "quota",
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
