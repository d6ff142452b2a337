import type { Clock } from "@isthmus/core";

const everyMs = 200;
/** A pause is committed some time after the database has noted its moment. */
const overlapMs = 1_000;

/** What a watch works with. */
export interface PauseWatchParts {
  readonly clock: Clock;
  /** Whether this process has leave for calls that it has not made yet. */
  readonly isNeeded: () => boolean;
  /** Looks for pauses of the last so many milliseconds, and holds the calls that they concern. */
  readonly look: (withinMs: number) => Promise<void>;
}

/**
 * Hears of pauses that vendors asked other processes for, while this one has leave for calls to come. One look is for all accounts.
 * A database that is away is asked again: calls for which there is leave are made until then.
 */
export class PauseWatch {
  readonly #parts: PauseWatchParts;
  #isWatching = false;

  constructor(parts: PauseWatchParts) {
    this.#parts = parts;
  }

  /** Watches for as long as that is needed. */
  begin(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#watch();
  }

  /** Never throws. */
  async #watch(): Promise<void> {
    const { clock, isNeeded, look } = this.#parts;
    let lastMs = clock.now();
    while (isNeeded()) {
      await clock.sleep(everyMs);
      const nowMs = clock.now();
      await look(Math.max(0, nowMs - lastMs) + overlapMs).then(
        () => {
          lastMs = nowMs;
        },
        (reason: unknown) => reason,
      );
    }
    this.#isWatching = false;
  }
}
