import type { Clock } from "@isthmus/core";

/** Rings once, at the time that it was set to last. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #sleep: AbortController | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** @param atMs - By the clock; infinite = not at all. */
  set(atMs: number, nowMs: number): void {
    if (atMs === this.#atMs) return;
    this.#sleep?.abort();
    this.#sleep = undefined;
    this.#atMs = atMs;
    if (!Number.isFinite(atMs)) return;
    const sleep = new AbortController();
    this.#sleep = sleep;
    this.#clock.sleep(Math.max(0, atMs - nowMs), sleep.signal).then(
      () => {
        this.#atMs = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      (reason: unknown) => reason,
    );
  }
}
