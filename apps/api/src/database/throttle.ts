import type { Clock } from "@isthmus/core";

/** What is done, and how often at the most. */
export interface ThrottleOptions {
  /** Never throws. */
  readonly act: () => void;
  readonly everyMs: number;
  readonly clock: Clock;
  /** From then on nothing is held back. */
  readonly signal: AbortSignal;
}

/** Does a thing at once when it is asked to, and after that once in a while, however often it was asked meanwhile. */
export class Throttle {
  readonly #options: ThrottleOptions;
  #asked = false;
  #working: Promise<void> | undefined;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  ask(): void {
    this.#asked = true;
    this.#working ??= this.#work();
  }

  /** Until nothing that was asked for is held back. */
  async settle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    const { act, everyMs, clock, signal } = this.#options;
    while (this.#asked) {
      this.#asked = false;
      act();
      await clock.sleep(everyMs, signal).catch((reason: unknown) => reason);
    }
    this.#working = undefined;
  }
}
