import { describe, expect, it } from "vitest";
import { CredentialGuesses } from "../../src/limits/credential-guesses.js";
import { networkOf } from "../../src/limits/network-of.js";
import { RateLimiter } from "../../src/limits/rate-limiter.js";

function start(quota: number, capacity?: number) {
  let now = 1_000_000;
  const limiter = new RateLimiter({
    clock: { now: () => now },
    quota,
    windowMs: 60_000,
    ...(capacity !== undefined && { capacity }),
  });
  const take = (name = "a") => {
    const { isFree } = limiter.look(name);
    if (isFree) limiter.charge(name);
    return isFree;
  };
  const takeAll = (name = "a") => {
    let taken = 0;
    while (take(name)) taken += 1;
    return taken;
  };
  return { limiter, take, takeAll, pass: (ms: number) => (now += ms) };
}

describe("a rate limiter", () => {
  it.each([1, 3, 7, 60, 1_200, 6_000])(
    "gives a quota of %i at once, and no more in a window than twice it",
    (quota) => {
      const { takeAll, take, pass } = start(quota);
      expect(takeAll()).toBe(quota);
      let later = 0;
      for (let step = 0; step < 600; step += 1) {
        pass(100);
        while (take()) later += 1;
      }
      expect(Math.abs(later - quota)).toBeLessThanOrEqual(1);
    },
  );

  it("says what is left, when all of it is there again, and when to come back", () => {
    const { limiter, take, pass } = start(6);
    expect(limiter.look("a")).toEqual({ isFree: true, remaining: 6, resetMs: 0, retryAfterMs: 0 });
    for (let index = 0; index < 6; index += 1) take();
    expect(limiter.look("a")).toEqual({ isFree: false, remaining: 0, resetMs: 60_000, retryAfterMs: 10_000 });
    pass(9_999);
    expect(limiter.look("a")).toMatchObject({ isFree: false, retryAfterMs: 1 });
    pass(1);
    expect(limiter.look("a")).toMatchObject({ isFree: true, remaining: 1 });
  });

  it("counts each name for itself", () => {
    const { takeAll } = start(2);
    expect([takeAll("a"), takeAll("b")]).toEqual([2, 2]);
  });

  it("keeps a debt of one quota at most", () => {
    const { limiter, take, pass } = start(2);
    for (let index = 0; index < 100; index += 1) limiter.charge("a");
    pass(89_000);
    expect(take()).toBe(false);
    pass(1_000);
    expect(take()).toBe(true);
  });

  it("makes nobody wait for longer because the clock was put back", () => {
    const { limiter, takeAll, pass } = start(2);
    takeAll();
    pass(-3_600_000);
    expect(limiter.look("a").retryAfterMs).toBeLessThanOrEqual(90_000);
  });

  it("remembers so many names and no more, those that came last", () => {
    const { limiter, takeAll } = start(1, 10);
    takeAll("first");
    for (let index = 0; index < 9; index += 1) takeAll(`name ${index}`);
    expect(limiter.look("first").isFree).toBe(false);
    for (let index = 9; index < 1_000; index += 1) takeAll(`name ${index}`);
    expect(limiter.size).toBe(10);
    expect([limiter.look("name 999").isFree, limiter.look("first").isFree]).toEqual([false, true]);
  });
});

describe("guesses of credentials", () => {
  it("that come at once make a debt: all of them were let in before the first was refused", () => {
    let now = 0;
    const guesses = new CredentialGuesses({ now: () => now }, 3);
    for (let index = 0; index < 12; index += 1) guesses.refused("192.0.2.7", `digest ${index}`);
    now += 60_000;
    expect(guesses.look("192.0.2.7").isFree).toBe(false);
    now += 20_000;
    expect(guesses.look("192.0.2.7").isFree).toBe(true);
  });
});

describe("networkOf", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
    ["2001:db8:1:2::ffff", "2001:db8:1:2::"],
    ["fe80::1%eth0", "fe80::"],
    ["nonsense", "unknown"],
  ])("counts %s under %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
