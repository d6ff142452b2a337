import type { Clock } from "../runtime/index.js";
import { ConcurrencyLimit } from "./concurrency-limit.js";

/**
 * Spaces tries evenly: the generic cell rate algorithm with a burst of one, so that no window of any length ever sees more
 * than the rate. Those who wait go in the order in which they came, and one who gives up costs the others nothing.
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #turn = new ConcurrencyLimit(1);
  #nextAt = 0;

  constructor(ratePerSecond: number, clock: Clock) {
    this.#intervalMs = 1000 / ratePerSecond;
    this.#clock = clock;
  }

  /**
   * Waits until the next try may be made.
   * @throws the signal's reason when it is aborted first.
   */
  async acquire(signal: AbortSignal): Promise<void> {
    await this.#turn.acquire(signal);
    try {
      // Never longer than one interval, also when the clock was set back.
      const waitMs = Math.min(this.#nextAt - this.#clock.now(), this.#intervalMs);
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
      this.#nextAt = Math.max(this.#nextAt, this.#clock.now()) + this.#intervalMs;
    } finally {
      this.#turn.release();
    }
  }
}
