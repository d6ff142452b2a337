import type { Clock, Logger } from "@isthmus/core";

/** So often a lease is renewed before it is over. */
const beatsOfLease = 6;

/** What a heartbeat keeps. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the lease lasts from each renewal. */
  readonly leaseMs: number;
  /** Renews the lease. What it throws is logged, and the next beat tries again. */
  readonly renew: () => Promise<unknown>;
  /** What is held, for the log. */
  readonly facts: object;
  /** Has the next beat come at once each time when what is held may not be wanted any more. @returns ends that. Default: never. */
  readonly listen?: (beat: () => void) => () => void;
}

/** Renews a lease while work goes on that does not renew it by itself, until it is disposed of. */
export class Heartbeat implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #beating: Promise<void>;
  readonly #stopListening: (() => void) | undefined;
  #beatNow = new AbortController();

  constructor(options: HeartbeatOptions) {
    this.#stopListening = options.listen?.(() => this.#beatNow.abort());
    this.#beating = this.#beat(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening?.();
    this.#ended.abort();
    await this.#beating;
  }

  async #beat({ clock, logger, leaseMs, renew, facts }: HeartbeatOptions): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const rested = AbortSignal.any([signal, this.#beatNow.signal]);
      await clock.sleep(leaseMs / beatsOfLease, rested).catch((reason: unknown) => reason);
      if (signal.aborted) return;
      // Before the beat: it may not see what is written while it is under way.
      this.#beatNow = new AbortController();
      try {
        await renew();
      } catch (error) {
        // Should it last, somebody else takes the work; what is stored under this attempt is refused then.
        logger.warn({ ...facts, err: error }, "A lease could not be renewed");
      }
    }
  }
}
