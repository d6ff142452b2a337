import { ConnectorError, silentLogger } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { workOff } from "../../src/vault/rotation-batch.js";
import type { RotationTask } from "../../src/vault/rotation-tasks.js";

const atOnce = 8;

describe("working off a batch", () => {
  const work = (tasks: readonly RotationTask[], now = () => 0, signal?: AbortSignal) =>
    workOff({ clock: { now, sleep: async () => undefined }, logger: silentLogger }, tasks, signal);
  const make = (count: number, change: (index: number) => Promise<undefined>): RotationTask[] =>
    Array.from({ length: count }, (_, index) => ({ cursor: String(index), change: () => change(index) }));

  it("begins nothing more once its time is over, and finishes what is under way", async () => {
    let nowMs = 0;
    const begun: number[] = [];
    const tasks = make(50, async (index) => {
      begun.push(index);
      await Promise.resolve();
      nowMs = 20_000;
      return undefined;
    });
    expect((await work(tasks, () => nowMs)).outcomes).toHaveLength(atOnce);
    expect(begun).toHaveLength(atOnce);
  });

  it("keeps what is done up to the first gap, when the provider fails", async () => {
    const away = new ConnectorError("KEY_UNAVAILABLE", "Away.", { retryable: true });
    const tasks = make(20, async (index) => {
      if (index === 5) throw away;
      return undefined;
    });
    const { outcomes, interruption } = await work(tasks);
    expect([outcomes.length, interruption]).toEqual([5, away]);
  });

  it("counts what does not open as done with", async () => {
    const tasks = make(20, async (index) => {
      if (index === 5) throw new ConnectorError("SEALED_VALUE_UNREADABLE", "Altered.");
      return undefined;
    });
    const { outcomes, interruption } = await work(tasks);
    expect([outcomes.length, interruption]).toEqual([20, undefined]);
    expect(outcomes[5]).toEqual({ failure: { code: "SEALED_VALUE_UNREADABLE", detail: "Altered." } });
  });

  it("begins nothing when it is to stop", async () => {
    const never = make(3, () => expect.fail("begun"));
    expect((await work(never, () => 0, AbortSignal.abort())).outcomes).toEqual([]);
  });
});
