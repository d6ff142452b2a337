import { setImmediate as nextTurn, setTimeout as realDelay } from "node:timers/promises";
import type { Clock } from "@isthmus/core";

interface Sleeper {
  readonly wakesAtMs: number;
  wake(): void;
}

/** Real milliseconds without work after which time moves on, for a short jump and at the most. */
const shortestQuietMs = 5;
const longestQuietMs = 250;
/** The longer the jump, the surer it has to be that there is nothing else to do: a long sleep is mostly a watchdog. */
const quietPerJump = 1 / 100;
/** Turns of the event loop without work, after those milliseconds: a stalled process is not a quiet one. */
const quietTurns = 4;

/**
 * A clock on which nobody waits. It stands still while there is work to do, and jumps to the next moment that somebody
 * sleeps for once there is none: so a pause before a retry costs nothing, and a watchdog beside a request that is at
 * work does not bark.
 */
export class FakeClock implements Clock {
  /** Milliseconds of every sleep that was begun, in order. */
  readonly sleeps: number[] = [];
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;
  #holds = 0;
  #activity = 0;
  #isRunning = false;

  /** @param startMs - Milliseconds since the epoch. Default: 1 January 2026, UTC. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Moves the time on by `ms`. */
  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Lets the time stand still until {@link FakeClock.release}: for as long as a request is at work, for example. */
  hold(): void {
    this.#holds += 1;
    this.#activity += 1;
  }

  /** Ends one {@link FakeClock.hold}. */
  release(): void {
    this.#holds = Math.max(0, this.#holds - 1);
    this.#activity += 1;
  }

  /**
   * Resolves when the time has come, which is as soon as nothing else is left to do.
   * @throws the signal's reason when it is aborted first.
   */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.#activity += 1;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper: Sleeper = { wakesAtMs: this.#nowMs + ms, wake: resolve };
    const stop = () => reject(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    this.#sleepers.add(sleeper);
    if (!this.#isRunning) void this.#run();
    try {
      await promise;
    } finally {
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Wakes the sleepers one after the other, for as long as there are any. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#sleepers.size > 0) {
      const first = await this.#firstOnceQuiet();
      if (!first) break;
      this.#sleepers.delete(first);
      this.#nowMs = Math.max(this.#nowMs, first.wakesAtMs);
      first.wake();
    }
    this.#isRunning = false;
  }

  /** Who wakes first, once nobody has had anything to do for a while; `undefined` when nobody sleeps any more. */
  async #firstOnceQuiet(): Promise<Sleeper | undefined> {
    for (;;) {
      const seen = this.#activity;
      const first = this.#first();
      if (!first) return undefined;
      const jumpMs = first.wakesAtMs - this.#nowMs;
      await realDelay(Math.min(longestQuietMs, Math.max(shortestQuietMs, jumpMs * quietPerJump)));
      for (let turn = 0; turn < quietTurns; turn += 1) await nextTurn();
      if (seen === this.#activity && this.#holds === 0 && first === this.#first()) return first;
    }
  }

  #first(): Sleeper | undefined {
    return [...this.#sleepers].sort((left, right) => left.wakesAtMs - right.wakesAtMs)[0];
  }
}
