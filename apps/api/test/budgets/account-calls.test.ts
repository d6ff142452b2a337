import type { CallLimits } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { AccountCalls } from "../../src/budgets/account-calls.js";
import { termsOf } from "../../src/budgets/priorities.js";
import type { BudgetAnswer } from "../../src/repositories/index.js";

const { sync } = termsOf({ interactive: 1, hook: 1, sync: 1, backfill: 1 });
/** What is settled has been told to all who wait for it. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

/** An account whose database is the test: it answers what was asked, when it likes. */
function startAccount(limits: CallLimits) {
  let nowMs = 1_000_000;
  let asked = 0;
  const ask = () => {
    asked += 1;
  };
  const clock = { now: () => nowMs, sleep: () => new Promise<void>(() => undefined) };
  const account = new AccountCalls({ key: "k", holder: "h", limits, clock, ask });
  return {
    account,
    asked: () => asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
    answer(parts: Partial<BudgetAnswer>) {
      const question = account.question();
      const nothing = { calls: 0, firstInMs: 0, atOnce: 1, places: null, yields: false, waitMs: null, reason: null };
      account.answered({ ...nothing, holder: "h", answeredAtMs: nowMs, ...parts }, nowMs, nowMs);
      return question;
    },
  };
}

describe("the calls of an account", () => {
  it("give their place back at once when the next one's moment is not there yet, and ask for nothing before its turn", async () => {
    const { account, asked, answer, pass } = startAccount({ rates: [{ count: 1, perMs: 3_000 }], concurrency: 1 });
    const first = account.acquire(sync, never);
    answer({ calls: 1, places: 1 });
    const permit = await first;
    void account.acquire(sync, never);
    expect(answer({ places: 1, waitMs: 3_000, reason: "rate" })).toMatchObject({ calls: 1, inUse: 1 });
    const before = asked();
    pass(50);
    permit.release();
    // Another process may have it until then.
    expect(asked()).toBe(before + 1);
    expect(answer({ places: 0 })).toMatchObject({ calls: 0, inUse: 0 });
    expect(asked()).toBe(before + 1);
  });

  it("go at once in a burst, and the next ones after as many intervals", async () => {
    const { account, answer, pass } = startAccount({ rates: [{ count: 10, perMs: 1_000, slackMs: 0 }], burst: 3 });
    const gone: unknown[] = [];
    for (let n = 0; n < 5; n += 1) void account.acquire(sync, never).then((permit) => gone.push(permit));
    expect(answer({ calls: 5, atOnce: 3 })).toMatchObject({ calls: 5, burst: 3 });
    await settled();
    expect(gone).toHaveLength(3);
    pass(299);
    expect(account.hasLeave).toBe(true);
  });

  it("are held by a pause that another process was asked for, with all leave that they had for before its end", async () => {
    const { account, answer, pass } = startAccount({ rates: [{ count: 1, perMs: 1_000, slackMs: 500 }] });
    const gone: unknown[] = [];
    for (let n = 0; n < 3; n += 1) void account.acquire(sync, never).then((permit) => gone.push(permit));
    answer({ calls: 3 });
    await settled();
    expect(gone).toHaveLength(1);
    account.holdUntil(1_000_000 + 2_900);
    pass(1_500);
    account.holdUntil(1_000_000 + 2_900);
    await settled();
    expect(gone).toHaveLength(1);
    // The third was given for after its end.
    expect(account.hasLeave).toBe(true);
    expect(account.question()).toMatchObject({ returned: 1 });
  });
});
