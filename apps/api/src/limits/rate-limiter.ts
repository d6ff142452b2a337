import type { Clock } from "@isthmus/core";

/** So many units in so much time, for each name. */
export interface RateLimiterOptions {
  readonly clock: Pick<Clock, "now">;
  /** Units that a name may spend at once, and that come back evenly within the window. */
  readonly quota: number;
  readonly windowMs: number;
  /** Names that are remembered at most; of more, those that came longest ago are forgotten. Default 20 000. */
  readonly capacity?: number;
}

/** How a name stands. */
export interface RateLimitState {
  /** Whether there is a unit to spend. */
  readonly isFree: boolean;
  /** Whole units that are left. */
  readonly remaining: number;
  /** Milliseconds until all of the quota is there again. */
  readonly resetMs: number;
  /** Milliseconds until there is a unit to spend; 0 when there is one. */
  readonly retryAfterMs: number;
}

// Intervals are fractions of milliseconds; their sums are not exact.
const tolerance = 1e-6;

/**
 * The generic cell rate algorithm: one number for each name, no windows at whose borders twice the quota would pass, no
 * timers. Ours, because `@fastify/rate-limit` counts in fixed windows by the machine's own clock, has one limit for a
 * request, cannot charge what turns out later, and writes the headers of an older draft.
 *
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export class RateLimiter {
  /** As told. */
  readonly quota: number;
  /** As told. */
  readonly windowMs: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #capacity: number;
  /** When the whole quota is there again, by name; the name that was charged last is the last. */
  readonly #fullAtMs = new Map<string, number>();

  constructor({ clock, quota, windowMs, capacity = 20_000 }: RateLimiterOptions) {
    this.quota = quota;
    this.windowMs = windowMs;
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#fullAtMs.size;
  }

  /** How `name` stands, without spending anything. */
  look(name: string): RateLimitState {
    const usedMs = this.#usedMs(name, this.#clock.now());
    const leftMs = this.windowMs - usedMs;
    const intervalMs = this.windowMs / this.quota;
    const isFree = leftMs >= intervalMs - tolerance;
    return {
      isFree,
      remaining: Math.max(0, Math.floor(leftMs / intervalMs + tolerance)),
      resetMs: usedMs,
      retryAfterMs: isFree ? 0 : intervalMs - leftMs,
    };
  }

  /** Spends a unit of `name`, also one that it does not have: a debt, of a whole quota at most. */
  charge(name: string): void {
    const now = this.#clock.now();
    const usedMs = this.#usedMs(name, now) + this.windowMs / this.quota;
    this.#fullAtMs.delete(name);
    this.#fullAtMs.set(name, now + Math.min(usedMs, 2 * this.windowMs));
    if (this.#fullAtMs.size <= this.#capacity) return;
    const [oldest] = this.#fullAtMs.keys();
    if (oldest !== undefined) this.#fullAtMs.delete(oldest);
  }

  /** What is spent, as the time in which it comes back. No clock that was put back makes anybody wait for longer. */
  #usedMs(name: string, now: number): number {
    const fullAtMs = this.#fullAtMs.get(name) ?? now;
    return Math.min(Math.max(fullAtMs - now, 0), 2 * this.windowMs);
  }
}
