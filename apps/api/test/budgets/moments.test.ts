import { describe, expect, it } from "vitest";
import { DatabaseTime } from "../../src/budgets/database-time.js";
import { Moments } from "../../src/budgets/moments.js";
import { paceOf } from "../../src/budgets/pace.js";
import type { BudgetAnswer } from "../../src/repositories/index.js";

const answer = (parts: Partial<BudgetAnswer>): BudgetAnswer => ({
  holder: "",
  answeredAtMs: 0,
  calls: 1,
  firstInMs: 0,
  atOnce: 1,
  places: null,
  yields: false,
  waitMs: null,
  reason: null,
  ...parts,
});

describe("paceOf", () => {
  it("spaces calls so that one more than is allowed comes a stretch and the slack after the first", () => {
    expect(paceOf({ rates: [{ count: 500, perMs: 60_000 }] })).toEqual({ intervalMs: 122, burst: 1, lateMs: 400 });
    expect(paceOf({ rates: [{ count: 2, perMs: 1_000 }] })).toEqual({ intervalMs: 510, burst: 1, lateMs: 8 });
  });

  it("keeps to the strictest rate, and gives the others what slack that leaves them", () => {
    const rates = [
      { count: 10, perMs: 1_000 },
      { count: 500, perMs: 60_000 },
    ];
    // Ten calls take 1 220 ms: 220 of slack, and not 20.
    expect(paceOf({ rates })).toEqual({ intervalMs: 122, burst: 1, lateMs: 88 });
  });

  it("lets no more go at once than each rate allows in its stretch", () => {
    const rates = [
      { count: 10, perMs: 1_000 },
      { count: 500, perMs: 60_000 },
    ];
    expect(paceOf({ rates, burst: 4 })).toMatchObject({ intervalMs: 122, burst: 4 });
    expect(paceOf({ rates, burst: 40 })).toMatchObject({ intervalMs: 122, burst: 10 });
    expect(paceOf({ rates: [{ count: 0.5, perMs: 1_000 }], burst: 3 })).toMatchObject({ burst: 1 });
  });

  it("takes less than a call a second", () => {
    expect(paceOf({ rates: [{ count: 0.5, perMs: 1_000 }] })?.intervalMs).toBe(2_040);
    expect(paceOf({})).toBeUndefined();
  });
});

describe("Moments", () => {
  const pace = { intervalMs: 100, burst: 1, lateMs: 10 };

  it("lets each call go at its moment, not before it and not after it", () => {
    const moments = new Moments(pace);
    moments.give(answer({ calls: 3, firstInMs: 50 }), 1_000, 0);
    expect(moments.take(1_049)).toBeUndefined();
    expect(moments.take(1_050)).toBe(1_060);
    expect(moments.take(1_050)).toBeUndefined();
    // The second one was to go at 1 150.
    expect(moments.take(1_161)).toBeUndefined();
    expect(moments.take(1_260)).toBe(1_260);
    expect(moments.takeMissed()).toBe(1);
    expect(moments.isUsedUp).toBe(true);
  });

  it("gives back what nobody waits for", () => {
    const moments = new Moments(pace);
    moments.give(answer({ calls: 3 }), 1_000, 0);
    moments.prepare(1_000, false);
    expect([moments.size, moments.takeMissed(), moments.isUsedUp]).toEqual([0, 3, false]);
  });

  it("has credits for a while where there is no rate, asks for as many again, and gives back the rest", () => {
    const moments = new Moments(undefined);
    moments.give(answer({ calls: 4 }), 1_000, 3_000);
    expect([moments.take(1_000), moments.take(2_999)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(moments.take(3_000)).toBeUndefined();
    expect(moments.prepare(3_000, true)).toBe(4);
    expect(moments.takeMissed()).toBe(2);
  });
});

describe("DatabaseTime", () => {
  it("goes by the answer that came soonest of the last few, and forgets what a clock said before it was set", () => {
    const time = new DatabaseTime();
    time.observe(1_000, 5_040);
    time.observe(2_000, 6_003);
    time.observe(3_000, 7_080);
    expect(time.toLocal(10_000)).toBe(14_003);
    for (let n = 0; n < 8; n += 1) time.observe(4_000, 4_005);
    expect(time.toLocal(10_000)).toBe(10_005);
  });
});
