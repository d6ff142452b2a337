import { setTimeout as delay } from "node:timers/promises";

/** Time as the code sees it: handed in, so that tests decide what time it is and nobody waits. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds.
   * @throws the signal's reason when it is aborted first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      // Node throws an AbortError of its own that only names the reason.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
