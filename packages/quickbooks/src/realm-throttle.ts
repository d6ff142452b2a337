import { type Clock, ConcurrencyLimit } from "@isthmus/core";
import type { RealmGate, RealmLimits } from "./realm-gate.js";

/** What Intuit allows: so many in each stretch of so many milliseconds, wherever it begins. */
interface Allowance {
  readonly count: number;
  readonly perMs: number;
}

/** Counts what was sent in the last stretch. */
class SlidingWindow {
  readonly #allowance: Allowance;
  /** When the last ones were sent; never more than are allowed. The one at `#oldest` was sent first. */
  readonly #sentAtMs: number[] = [];
  #oldest = 0;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  /** Milliseconds until one more may be sent. */
  waitMs(nowMs: number): number {
    const { count, perMs } = this.#allowance;
    const oldestAtMs = this.#sentAtMs[this.#oldest];
    if (oldestAtMs === undefined || this.#sentAtMs.length < count) return 0;
    // Never longer than the stretch, also when the clock was set back.
    return Math.min(perMs, oldestAtMs + perMs - nowMs);
  }

  add(nowMs: number): void {
    const { count } = this.#allowance;
    if (this.#sentAtMs.length < count) {
      this.#sentAtMs.push(nowMs);
      return;
    }
    this.#sentAtMs[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % count;
  }
}

/**
 * Keeps every caller of one company within Intuit's limits. They go in the order in which they came; batches wait for their own
 * limit without holding up the others. A repetition after a refused token counts like the first try. The renewal of the token
 * does not: it goes to another host, with limits of its own, once for all callers. Nor do the few repetitions that the transport
 * makes of a read after a connection that failed or a 502, 503 or 504: they pause before, and keep their one place.
 */
export class RealmThrottle implements RealmGate {
  readonly #clock: Clock;
  readonly #places: ConcurrencyLimit;
  readonly #turn = new ConcurrencyLimit(1);
  readonly #batchTurn = new ConcurrencyLimit(1);
  readonly #calls: readonly SlidingWindow[];
  readonly #batches: readonly SlidingWindow[];
  #pausedUntilMs = 0;

  constructor(clock: Clock, limits: RealmLimits) {
    this.#clock = clock;
    this.#places = new ConcurrencyLimit(limits.concurrency);
    this.#calls = [
      new SlidingWindow({ count: limits.callsPerSecond, perMs: 1_000 }),
      new SlidingWindow({ count: limits.callsPerMinute, perMs: 60_000 }),
    ];
    this.#batches = [new SlidingWindow({ count: limits.batchesPerMinute, perMs: 60_000 })];
  }

  /**
   * Runs `send` when Intuit will take it.
   *
   * @throws the signal's reason when it is aborted first; what `send` throws.
   */
  async run<Result>(kind: "call" | "batch", signal: AbortSignal, send: () => Promise<Result>): Promise<Result> {
    if (kind === "batch") await this.#enter(this.#batchTurn, this.#batches, signal, () => this.#enterCall(signal));
    else await this.#enterCall(signal);
    try {
      return await send();
    } finally {
      this.#places.release();
    }
  }

  /** Counts another request of a `send` at work, and resolves when Intuit will take it. @throws the signal's reason. */
  again(signal: AbortSignal): Promise<void> {
    return this.#enter(this.#turn, this.#calls, signal);
  }

  /** Leaves Intuit alone for so long, because it asked for it. What waits already goes on waiting. */
  pause(milliseconds: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.now() + milliseconds);
  }

  async #enterCall(signal: AbortSignal): Promise<void> {
    await this.#places.acquire(signal);
    try {
      await this.#enter(this.#turn, this.#calls, signal);
    } catch (error) {
      this.#places.release();
      throw error;
    }
  }

  /** @param enterNext - What else has to let it in, before it counts here: it counts from the moment at which it is sent. */
  async #enter(
    turn: ConcurrencyLimit,
    windows: readonly SlidingWindow[],
    signal: AbortSignal,
    enterNext?: () => Promise<void>,
  ): Promise<void> {
    await turn.acquire(signal);
    try {
      for (;;) {
        const nowMs = this.#clock.now();
        const waitMs = Math.max(this.#pausedUntilMs - nowMs, ...windows.map((window) => window.waitMs(nowMs)));
        if (waitMs <= 0) break;
        await this.#clock.sleep(waitMs, signal);
      }
      await enterNext?.();
      const nowMs = this.#clock.now();
      for (const window of windows) window.add(nowMs);
    } finally {
      turn.release();
    }
  }
}

/** By clock, so that a program that lives by two of them has two. */
const shared = new WeakMap<Clock, Map<string, WeakRef<RealmThrottle>>>();

/**
 * The throttle that all connectors of this process to one company of one app share.
 *
 * @param company - Names host, app and company.
 */
export function sharedThrottle(company: string, clock: Clock, limits: RealmLimits): RealmThrottle {
  const key = JSON.stringify([company, limits]);
  const byKey = shared.get(clock) ?? new Map<string, WeakRef<RealmThrottle>>();
  shared.set(clock, byKey);
  const known = byKey.get(key)?.deref();
  if (known !== undefined) return known;
  for (const [name, reference] of byKey) if (reference.deref() === undefined) byKey.delete(name);
  const throttle = new RealmThrottle(clock, limits);
  byKey.set(key, new WeakRef(throttle));
  return throttle;
}
