import type { TimeoutReason } from "./failures.js";

const longestMs = 2 ** 31 - 1;

/**
 * The one timer of a try, which is in one phase at a time. undici's own timers are off: they fire up to a second late and
 * do not see the phase in which a request waits for its connection.
 */
export class PhaseTimer {
  readonly #expired: (reason: TimeoutReason) => void;
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;
  #reason: TimeoutReason = "connect-timeout";

  constructor(expired: (reason: TimeoutReason) => void) {
    this.#expired = expired;
  }

  /** Begins a phase, or the same one anew. */
  start(reason: TimeoutReason, ms: number): void {
    this.#reason = reason;
    if (this.#timer !== undefined && this.#ms === ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#ms = ms;
    // setTimeout takes anything longer for 1 ms.
    this.#timer = setTimeout(() => this.#expired(this.#reason), Math.min(ms, longestMs));
  }

  /** Ends the phase without another. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
