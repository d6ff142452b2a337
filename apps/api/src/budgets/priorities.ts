/** For whom a vendor is called, the most urgent first. */
export const callPriorities = ["interactive", "hook", "sync", "backfill"] as const;

/** One of {@link callPriorities}: somebody waits for the answer, a vendor has told of a change, a schedule, a first or full read. */
export type CallPriority = (typeof callPriorities)[number];

/** What a priority is worth. */
export interface PriorityTerms {
  /** Who goes first: the smaller. */
  readonly rank: number;
  /** Part of a day's quota that it may use up, 0 to 1: what is above is left to the more urgent. */
  readonly quotaShare: number;
  /**
   * How long before its moment a call may be taken, in milliseconds. Where everybody takes theirs a second ahead, who may look
   * further ahead finds a moment at once, and the others wait for it.
   */
  readonly horizonMs: number;
}

/** Part of a day's quota that each priority may use up, 0 to 1. */
export type QuotaShares = Readonly<Record<CallPriority, number>>;

/** Somebody who waits for an answer may use all. */
export const defaultQuotaShares: QuotaShares = { interactive: 1, hook: 0.95, sync: 0.9, backfill: 0.8 };

/** The terms of all priorities. */
export function termsOf(shares: QuotaShares): Readonly<Record<CallPriority, PriorityTerms>> {
  return {
    interactive: { rank: 0, quotaShare: shares.interactive, horizonMs: 5_000 },
    hook: { rank: 1, quotaShare: shares.hook, horizonMs: 2_000 },
    sync: { rank: 2, quotaShare: shares.sync, horizonMs: 1_000 },
    backfill: { rank: 3, quotaShare: shares.backfill, horizonMs: 1_000 },
  };
}
