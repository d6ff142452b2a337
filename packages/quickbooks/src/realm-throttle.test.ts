import { FakeClock } from "@isthmus/testkit";
import { describe, expect, it } from "vitest";
import { RealmThrottle, sharedThrottle } from "./realm-throttle.js";

const limits = { concurrency: 10, callsPerSecond: 10, callsPerMinute: 500, batchesPerMinute: 40 };
const never = new AbortController().signal;

/** Sends so many calls at once. @returns when each was sent, in milliseconds from the beginning. */
async function send(throttle: RealmThrottle, clock: FakeClock, count: number, kind: "call" | "batch" = "call") {
  const begun = clock.now();
  const call = () => throttle.run(kind, never, async () => clock.now() - begun);
  return Promise.all(Array.from({ length: count }, call));
}

/** The most of `times` that any stretch of so many milliseconds holds. */
function mostWithin(times: readonly number[], perMs: number): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + perMs).length));
}

describe("RealmThrottle", () => {
  it("never sends more than 10 in a second and 500 in a minute, wherever they begin", async () => {
    const clock = new FakeClock();
    const times = await send(new RealmThrottle(clock, limits), clock, 1_200);
    expect(mostWithin(times, 1_000)).toBe(10);
    expect(mostWithin(times, 60_000)).toBe(500);
  });

  it("sends the first ten at once", async () => {
    const clock = new FakeClock();
    expect(await send(new RealmThrottle(clock, limits), clock, 10)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  it("never sends more than 40 batches in a minute, and lets other calls pass those that wait", async () => {
    const clock = new FakeClock();
    const throttle = new RealmThrottle(clock, limits);
    const batches = send(throttle, clock, 90, "batch");
    const calls = await send(throttle, clock, 20);
    expect(Math.max(...calls)).toBeLessThan(60_000);
    expect(mostWithin(await batches, 60_000)).toBe(40);
  });

  it("has no more than 10 at work at once", async () => {
    const clock = new FakeClock();
    const throttle = new RealmThrottle(clock, limits);
    const gates = Array.from({ length: 25 }, () => Promise.withResolvers<void>());
    let atWork = 0;
    let most = 0;
    const all = gates.map(({ promise }) =>
      throttle.run("call", never, async () => {
        atWork += 1;
        most = Math.max(most, atWork);
        await promise;
        atWork -= 1;
      }),
    );
    for (const { resolve } of gates) {
      resolve();
      await new Promise((settled) => setImmediate(settled));
    }
    await Promise.all(all);
    expect(most).toBeLessThanOrEqual(10);
    expect(most).toBeGreaterThan(1);
  });

  it("leaves Intuit alone for as long as it was asked to", async () => {
    const clock = new FakeClock();
    const throttle = new RealmThrottle(clock, limits);
    throttle.pause(60_000);
    expect(await send(throttle, clock, 2)).toEqual([60_000, 60_000]);
  });

  it("lets go of a caller who gives up, and of nobody else", async () => {
    const clock = new FakeClock();
    const throttle = new RealmThrottle(clock, limits);
    throttle.pause(60_000);
    const caller = new AbortController();
    const given = throttle.run("call", caller.signal, async () => "sent");
    const kept = throttle.run("call", never, async () => "sent");
    caller.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    expect(await kept).toBe("sent");
  });
});

describe("sharedThrottle", () => {
  it("is one for a company, and another for another", () => {
    const clock = new FakeClock();
    expect(sharedThrottle("a", clock, limits)).toBe(sharedThrottle("a", clock, limits));
    expect(sharedThrottle("a", clock, limits)).not.toBe(sharedThrottle("b", clock, limits));
  });
});
