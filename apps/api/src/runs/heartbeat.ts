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
}

/** Renews a lease while work goes on that does not renew it by itself, until it is disposed of. */
export class Heartbeat implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #beating: Promise<void>;

  constructor(options: HeartbeatOptions) {
    this.#beating = this.#beat(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#beating;
  }

  async #beat({ clock, logger, leaseMs, renew, facts }: HeartbeatOptions): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await clock.sleep(leaseMs / beatsOfLease, signal).catch((reason: unknown) => reason);
      if (signal.aborted) return;
      try {
        await renew();
      } catch (error) {
        // Should it last, somebody else takes the work; what is stored under this attempt is refused then.
        logger.warn({ ...facts, err: error }, "A lease could not be renewed");
      }
    }
  }
}
