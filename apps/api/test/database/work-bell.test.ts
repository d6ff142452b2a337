import type { Clock } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { WorkBell } from "../../src/database/work-bell.js";
import type { NoteWork, WorkKind } from "../../src/repositories/index.js";

/** A clock that stands until a test moves it on. */
class StandingClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    this.#sleepers.add({ untilMs: this.#nowMs + ms, wake: resolve });
    return promise;
  }

  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.untilMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function startBell() {
  const clock = new StandingClock();
  const told: WorkKind[] = [];
  const woken: WorkKind[] = [];
  let hear: (kind: WorkKind) => void = () => undefined;
  const channel = {
    tell: (kind: WorkKind) => void told.push(kind),
    listen: (listener: typeof hear) => {
      hear = listener;
    },
    close: () => Promise.resolve(),
  };
  const bell = new WorkBell(channel, clock);
  for (const kind of ["syncs", "runs"] as const) bell.listen(kind, () => woken.push(kind));
  const commit = (note: (noteWork: NoteWork) => void) => bell.whenCommitted(async (noteWork) => note(noteWork));
  return { bell, clock, told, woken, commit, hear: (kind: WorkKind) => hear(kind) };
}

describe("the bell of workers", () => {
  it("wakes those of this process with each commit, and tells others four times a second at the most", async () => {
    const { clock, told, woken, commit } = startBell();
    for (let n = 0; n < 100; n += 1) await commit((noteWork) => noteWork("syncs"));
    await commit((noteWork) => noteWork("runs"));
    expect(woken.filter((kind) => kind === "syncs")).toHaveLength(100);
    expect(told).toEqual(["syncs", "runs"]);
    await clock.advance(249);
    expect(told).toHaveLength(2);
    // What came meanwhile is told, once.
    await clock.advance(1);
    expect(told).toEqual(["syncs", "runs", "syncs"]);
    await clock.advance(250);
    expect(told).toHaveLength(3);
  });

  it("wakes each worker four times a second at the most for what others tell, and tells nobody of it", async () => {
    const { clock, told, woken, hear } = startBell();
    for (let n = 0; n < 100; n += 1) hear("runs");
    expect(woken).toEqual(["runs"]);
    await clock.advance(250);
    await clock.advance(250);
    expect(woken).toEqual(["runs", "runs"]);
    expect(told).toEqual([]);
  });

  it("wakes nobody any more who does not listen any more", async () => {
    const { bell, woken, commit } = startBell();
    const stop = bell.listen("cancellations", () => woken.push("cancellations"));
    await commit((noteWork) => noteWork("cancellations"));
    stop();
    await commit((noteWork) => noteWork("cancellations"));
    expect(woken).toEqual(["cancellations"]);
  });

  it("stays silent for what was rolled back, and until the commit", async () => {
    const { bell, told, woken } = startBell();
    const commit = bell.whenCommitted(async (noteWork) => {
      noteWork("syncs");
      expect(woken).toEqual([]);
      throw new Error("rolled back");
    });
    await expect(commit).rejects.toThrow("rolled back");
    expect([...told, ...woken]).toEqual([]);
  });

  it("rings when the work is due, and not for what is due later before that", async () => {
    const { clock, told, woken, commit } = startBell();
    await commit((noteWork) => noteWork("syncs", 3_000));
    await clock.advance(2_999);
    expect([...told, ...woken]).toEqual([]);
    await clock.advance(1);
    expect([told, woken]).toEqual([["syncs"], ["syncs"]]);
  });

  it("tells at its end what it held back, and rings for nothing that is due later", async () => {
    const { bell, told, commit } = startBell();
    await commit((noteWork) => noteWork("runs"));
    await commit((noteWork) => noteWork("runs"));
    await commit((noteWork) => noteWork("syncs", 3_000));
    await bell.close();
    expect(told).toEqual(["runs", "runs"]);
  });
});
