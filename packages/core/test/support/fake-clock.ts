import type { Clock } from "../../src/runtime/index.js";

/** A clock that stands still, except that sleeping moves it on at once. */
export interface FakeClock extends Clock {
  /** Every pause that was asked for, in milliseconds, in order. */
  readonly sleeps: readonly number[];
  /** Moves the time on. */
  advance(ms: number): void;
}

/** @param startMs - Milliseconds since the epoch. Default: noon UTC on 1 January 2026. */
export function createFakeClock(startMs = Date.UTC(2026, 0, 1, 12)): FakeClock {
  let nowMs = startMs;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}
