/** So many calls in any stretch of so long. */
export interface CallRate {
  /** Calls; a fraction where the stretch is too short for one. */
  readonly count: number;
  /** Length of the stretch, in milliseconds. */
  readonly perMs: number;
  /**
   * How much later than its moment a call may reach the vendor, in milliseconds, without there being too many in a stretch.
   * Calls are spaced by so much more. Default: a fiftieth of the stretch, at least 20 and at most 1 000.
   */
  readonly slackMs?: number;
}

/** What a vendor allows one account, whoever calls in its name. */
export interface CallLimits {
  /** Each holds. Default: calls may come at any rate. */
  readonly rates?: readonly CallRate[];
  /**
   * Calls that may go at once, where the vendor has no more against ten in a moment than against ten in a second. They come after
   * a while without any, and a while without any comes after them: each rate holds. Default: 1, all calls are spaced.
   */
  readonly burst?: number;
  /** Calls at work at once. Default: any number. */
  readonly concurrency?: number;
  /** Calls of a day, counted from the first one; what the vendor tells counts more. Default: unknown. */
  readonly callsPerDay?: number;
}

/** Leave to make one call, now. */
export interface CallPermit {
  /** Whether its moment still lasts. One that has passed is released, and another acquired. */
  isCurrent(): boolean;
  /** Gives back the place among the calls at work, once the answer is read or the call has failed. Twice does no harm. */
  release(): void;
}

/** What may be called of one account, shared by all who are given the same account by the same {@link CallBudgets}. */
export interface CallBudget {
  /**
   * Waits until a call may be made.
   *
   * @throws {RateLimitError} `RATE_LIMITED` when that takes too long, `QUOTA_EXHAUSTED` when the day's calls are used up.
   * @throws the signal's reason when it is aborted first.
   */
  acquire(signal: AbortSignal): Promise<CallPermit>;
  /** The vendor asked to be left alone for so many milliseconds: everybody does. */
  pause(milliseconds: number): void;
  /** The vendor said how many of a day's calls are used, by whomever, and how many there are. */
  observeQuota(used: number, max: number): void;
}

/** Budgets that reach further than this program, such as over all processes of a service. */
export interface CallBudgets {
  /**
   * The budget of an account. Does no I/O.
   *
   * @param account - Names it as the vendor does: host, application, organisation. Not a secret, and of no customer's making.
   */
  of(account: readonly string[], limits: CallLimits): CallBudget;
}

/** One budget of several: a call needs leave of each, in their order. What vendor and quota say, the last one is told. */
export function joinBudgets(first: CallBudget, last: CallBudget): CallBudget {
  return {
    async acquire(signal) {
      for (;;) {
        const early = await first.acquire(signal);
        try {
          const late = await last.acquire(signal);
          const permit = {
            isCurrent: () => early.isCurrent() && late.isCurrent(),
            release: () => {
              early.release();
              late.release();
            },
          };
          if (permit.isCurrent()) return permit;
          late.release();
        } catch (error) {
          early.release();
          throw error;
        }
        early.release();
      }
    },
    pause: (milliseconds) => last.pause(milliseconds),
    observeQuota: (used, max) => last.observeQuota(used, max),
  };
}
