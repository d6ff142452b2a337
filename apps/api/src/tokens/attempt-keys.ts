import type { Sealer } from "@isthmus/core";

/** What a process holds for an attempt to renew: the key for its result, and what began it. */
export interface HeldAttempt {
  readonly sealer: Sealer;
  /** A refresh, and not a person's authorization. */
  readonly isRenewal: boolean;
  /** A worker's, among many: its result may land together with those of others. */
  readonly isOneOfMany?: boolean;
}

/** Longer than any attempt takes: its call ends after 25 s, and its result is insisted on for some seconds. */
const lifetimeMs = 120_000;

/**
 * The keys of the attempts that this process has under way. They are taken before the vendor is called, because what it
 * answers has to be sealed even if the database and the key provider are away by then.
 */
export class AttemptKeys {
  readonly #held = new Map<string, HeldAttempt & { readonly timer: NodeJS.Timeout }>();

  /** Holds the key until {@link release}, or for two minutes. */
  hold(attemptId: string, attempt: HeldAttempt): void {
    this.release(attemptId);
    const timer = setTimeout(() => this.release(attemptId), lifetimeMs).unref();
    this.#held.set(attemptId, { ...attempt, timer });
  }

  /** What is held; `undefined` for an attempt of somebody else, and for one that has been released. */
  find(attemptId: string): HeldAttempt | undefined {
    return this.#held.get(attemptId);
  }

  /** Overwrites the key. Doing it twice does no harm. */
  release(attemptId: string): void {
    const held = this.#held.get(attemptId);
    if (held === undefined) return;
    this.#held.delete(attemptId);
    clearTimeout(held.timer);
    held.sealer[Symbol.dispose]();
  }
}
