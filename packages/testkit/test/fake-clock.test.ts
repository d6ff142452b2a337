import { describe, expect, it } from "vitest";
import { FakeClock } from "../src/index.js";

describe("FakeClock", () => {
  it("stands still until somebody sleeps, and is then at the moment of waking", async () => {
    const clock = new FakeClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.sleep(250);
    expect(clock.now()).toBe(1_250);
    expect(clock.sleeps).toEqual([250]);
  });

  it("wakes sleepers in the order of their moments, whoever came first", async () => {
    const clock = new FakeClock(0);
    const woken: string[] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name} at ${clock.now()}`);
    };
    await Promise.all([sleep("late", 200), sleep("early", 100), sleep("late too", 200)]);
    expect(woken).toEqual(["early at 100", "late at 200", "late too at 200"]);
  });

  it("does not move on while it is held", async () => {
    const clock = new FakeClock(0);
    clock.hold();
    let isAwake = false;
    const sleeping = clock.sleep(10).then(() => {
      isAwake = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([isAwake, clock.now()]).toEqual([false, 0]);
    clock.release();
    await sleeping;
    expect(clock.now()).toBe(10);
  });

  it("does not reach a watchdog that is called off", async () => {
    const clock = new FakeClock(0);
    const watchdog = new AbortController();
    const barking = clock.sleep(25_000, watchdog.signal);
    await clock.sleep(100);
    watchdog.abort(new Error("called off"));
    await expect(barking).rejects.toThrow("called off");
    await clock.sleep(100);
    expect(clock.now()).toBe(200);
  });

  it("throws the reason of a signal that was aborted before", async () => {
    const clock = new FakeClock(0);
    await expect(clock.sleep(1, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    expect(clock.sleeps).toEqual([]);
  });
});
