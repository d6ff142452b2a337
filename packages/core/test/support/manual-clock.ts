import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../src/runtime/index.js";

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. Who sleeps on it wakes when the time has come, not before. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param startMs - Epoch milliseconds. Default: 1 January 2026, UTC. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  /** How many sleep on it just now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper = { wakesAtMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Moves the time on and wakes those whose time has come. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.wakesAtMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  /** What `work` ends with; whenever it sleeps, the time moves on to the next waking. */
  async drive<Result>(work: Promise<Result>): Promise<Result> {
    let over = false;
    const watched = work.finally(() => {
      over = true;
    });
    watched.then(
      () => undefined,
      () => undefined,
    );
    while (!over) {
      await nextTurn();
      const next = Math.min(...[...this.#sleepers].map((sleeper) => sleeper.wakesAtMs));
      if (Number.isFinite(next)) this.advance(Math.max(0, next - this.#nowMs));
    }
    return watched;
  }
}

/** Resolves once `condition` holds; the work that makes it hold runs in this process. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
