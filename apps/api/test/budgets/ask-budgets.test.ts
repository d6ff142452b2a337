import { expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import type { BudgetAnswer, BudgetQuestion } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";

describeOnDatabases("the budget of an account", (get) => {
  const question = (parts: Partial<BudgetQuestion> & Pick<BudgetQuestion, "account">): BudgetQuestion => ({
    holder: newId(),
    calls: 1,
    most: 100,
    again: false,
    returned: 0,
    intervalMs: null,
    burst: 1,
    horizonMs: 1_000,
    placesMax: null,
    inUse: 0,
    quotaMax: null,
    share: 1,
    freshMs: 2_000,
    leaseMs: 15_000,
    ...parts,
  });
  const askAll = async (...questions: BudgetQuestion[]): Promise<readonly BudgetAnswer[]> => {
    const answers = await get().database.asSystem(({ budgets }) => budgets.ask(questions));
    const answered = new Set(answers.map(({ holder }) => holder));
    const left = questions.filter(({ holder }) => !answered.has(holder));
    return left.length === 0 ? answers : [...answers, ...(await askAll(...left))];
  };
  const ask = async (parts: Partial<BudgetQuestion> & Pick<BudgetQuestion, "account">): Promise<BudgetAnswer> => {
    const [answer] = await askAll(question(parts));
    if (answer === undefined) throw new Error("There is no answer.");
    return answer;
  };
  const moments = (answers: readonly BudgetAnswer[], intervalMs: number): number[] =>
    answers
      .flatMap(({ answeredAtMs, firstInMs, calls }) =>
        Array.from({ length: calls ?? 0 }, (_, n) => answeredAtMs + (firstInMs ?? 0) + n * intervalMs),
      )
      .sort((left, right) => left - right);
  /** Moves everything that the database knows of an account into the past. */
  const age = (account: string, span: string) =>
    get().queryPastGuards(
      `update vendor_budgets set free_at = free_at - $2::interval, turns_until = turns_until - $2::interval,
        blocked_until = blocked_until - $2::interval, quota_from = quota_from - $2::interval,
        used_at = used_at - $2::interval where account = $1 returning account`,
      account,
      span,
    );
  const agePlaces = (account: string, span: string) =>
    get().queryPastGuards(
      `update vendor_budget_places set fresh_until = fresh_until - $2::interval, lease_until = lease_until - $2::interval
      where account = $1 returning account`,
      account,
      span,
    );

  it("lets a burst go at once after as many intervals without a call, and none for as many after it", async () => {
    const rate = { account: "burst", intervalMs: 1_000, horizonMs: 30_000, burst: 4 };
    const first = await ask({ ...rate, calls: 6 });
    expect(first).toMatchObject({ calls: 6, firstInMs: 0, atOnce: 4 });
    // The six have six intervals.
    const next = await ask({ ...rate, calls: 2 });
    expect(next.atOnce).toBe(1);
    expect(next.answeredAtMs + (next.firstInMs ?? 0)).toBeCloseTo(first.answeredAtMs + 6_000, -1);
    // The last one is at 7 s: a burst may come four intervals later.
    await age("burst", "10900 milliseconds");
    expect(await ask({ ...rate, calls: 1 })).toMatchObject({ firstInMs: 0, atOnce: 1 });
    await age("burst", "4100 milliseconds");
    expect(await ask({ ...rate, calls: 9 })).toMatchObject({ calls: 9, firstInMs: 0, atOnce: 4 });
    expect((await ask({ ...rate, account: "no burst", burst: 1, calls: 6 })).atOnce).toBe(1);
  });

  it("tells of accounts whose vendor asked to be left alone of late, and does still", async () => {
    const list = (withinMs: number) => get().database.asSystem(({ budgets }) => budgets.listPaused(withinMs));
    const { answeredAtMs } = await ask({ account: "left alone", calls: 0, pauseMs: 60_000 });
    await ask({ account: "left alone for a moment", calls: 0, pauseMs: 1 });
    const named = async () => (await list(10_000)).filter(({ account }) => account.startsWith("left alone"));
    await expect.poll(named).toEqual([{ account: "left alone", untilMs: expect.closeTo(answeredAtMs + 60_000, -1) }]);
    await get().queryPastGuards("update vendor_budgets set paused_at = now() - interval '11 seconds'");
    expect(await list(10_000)).toEqual([]);
  });

  it("gives out the moments of a rate one interval apart, whoever asks, and none further ahead than asked for", async () => {
    const rate = { account: "rate", intervalMs: 3_000, horizonMs: 30_000, calls: 8 };
    const answers = [await ask(rate), await ask(rate), await ask(rate)];
    expect(answers.map(({ calls }) => calls)).toEqual([8, 4, 0]);
    expect(answers[0]).toMatchObject({ firstInMs: 0, waitMs: null, reason: null });
    const given = moments(answers, 3_000);
    for (const [index, moment] of given.slice(1).entries()) {
      expect(moment - (given[index] ?? 0)).toBeGreaterThan(2_999.9);
    }
    expect(answers[2]?.reason).toBe("rate");
  });

  it("gives no moment to two who ask at once", async () => {
    const accounts = Array.from({ length: 50 }, (_, n) => `at once ${n}`);
    const rounds = Array.from({ length: 6 }, () =>
      accounts.map((account) => question({ account, intervalMs: 500, horizonMs: 30_000 })),
    );
    const answers = (await Promise.all(rounds.map((questions) => askAll(...questions)))).flat();
    for (const account of accounts) {
      const holders = new Set(
        rounds.flatMap((round) => round.filter((each) => each.account === account)).map(({ holder }) => holder),
      );
      const given = moments(
        answers.filter(({ holder }) => holders.has(holder)),
        500,
      );
      expect(given).toHaveLength(6);
      for (const [index, moment] of given.slice(1).entries()) expect(moment - (given[index] ?? 0)).toBeGreaterThan(499);
    }
  });

  it("lets those who find nothing come back one after the other, and the urgent look further ahead", async () => {
    const rate = { account: "turns", intervalMs: 3_000, horizonMs: 30_000, calls: 11 };
    await ask(rate);
    const waits = [await ask(rate), await ask(rate), await ask(rate)].map(
      ({ waitMs, answeredAtMs }) => (waitMs ?? 0) + answeredAtMs,
    );
    expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeCloseTo(3_000, 0);
    expect((waits[2] ?? 0) - (waits[1] ?? 0)).toBeCloseTo(3_000, 0);
    expect(await ask({ ...rate, calls: 1, horizonMs: 60_000 })).toMatchObject({ calls: 1, waitMs: null });
  });

  it("keeps nothing of a rate that nobody used: a pause makes no burst", async () => {
    const rate = { account: "idle", intervalMs: 100, calls: 3, horizonMs: 0 };
    expect(await ask(rate)).toMatchObject({ calls: 2 });
    await age("idle", "1 hour");
    expect(await ask(rate)).toMatchObject({ calls: 2, firstInMs: 0 });
  });

  it("goes on when the database's clock was set back", async () => {
    const rate = { account: "clock", intervalMs: 100 };
    await ask(rate);
    await age("clock", "-1 hour");
    expect((await ask(rate)).firstInMs).toBeLessThanOrEqual(100);
  });

  it("leaves the vendor alone for as long as it asked, whoever heard it", async () => {
    await ask({ account: "paused", intervalMs: 100, pauseMs: 30_000, calls: 0 });
    const refused = await ask({ account: "paused", intervalMs: 100 });
    expect(refused).toMatchObject({ calls: 0, reason: "paused" });
    expect(refused.waitMs).toBeGreaterThan(28_000);
    expect(await ask({ account: "paused" })).toMatchObject({ calls: 0, reason: "paused" });
    // A shorter one that somebody heard later does not end it.
    expect((await ask({ account: "paused", pauseMs: 1_000 })).waitMs).toBeGreaterThan(28_000);
    await age("paused", "31 seconds");
    expect(await ask({ account: "paused", intervalMs: 100 })).toMatchObject({ calls: 1, reason: null });
  });

  it("never has more calls at work than there are places, and shares them among those who want some", async () => {
    const places = { account: "places", placesMax: 3, calls: 5 };
    const [first, second, third] = [newId(), newId(), newId()];
    expect(await ask({ ...places, holder: first })).toMatchObject({ places: 3 });
    expect(await ask({ ...places, holder: second })).toMatchObject({ places: 0, reason: "places" });
    // The first one has two of its three at work: it gives the third to who has none.
    expect(await ask({ ...places, holder: first, inUse: 2 })).toMatchObject({ places: 2, yields: true });
    expect(await ask({ ...places, holder: second })).toMatchObject({ places: 1 });
    expect(await ask({ ...places, holder: third })).toMatchObject({ places: 0 });
    // Who has had its turn stands behind who waits for its first.
    expect(await ask({ ...places, holder: second, inUse: 0 })).toMatchObject({ places: 0, yields: true });
    expect(await ask({ ...places, holder: third })).toMatchObject({ places: 1 });
  });

  it("takes back the places of who does not use them, and of who is not heard of any more", async () => {
    const places = { account: "leases", placesMax: 2, calls: 2 };
    await ask({ ...places, holder: newId() });
    await ask({ ...places, holder: newId(), inUse: 1 });
    expect(await ask(places)).toMatchObject({ places: 0 });
    await agePlaces("leases", "3 seconds");
    expect(await ask({ ...places, holder: newId() })).toMatchObject({ places: 1 });
    await agePlaces("leases", "16 seconds");
    expect(await ask(places)).toMatchObject({ places: 2 });
  });

  it("keeps the end of a day's quota for the more urgent", async () => {
    const quota = { account: "quota", quotaMax: 100, calls: 100 };
    expect(await ask({ ...quota, share: 0.8 })).toMatchObject({ calls: 80, reason: "quota" });
    expect(await ask({ ...quota, share: 0.8 })).toMatchObject({ calls: 0, reason: "quota" });
    expect(await ask({ ...quota, share: 0.9 })).toMatchObject({ calls: 10 });
    expect(await ask({ ...quota, share: 1, calls: 4 })).toMatchObject({ calls: 4, reason: null });
    // What was given and not used is there again.
    expect(await ask({ ...quota, share: 0.95, returned: 9 })).toMatchObject({ calls: 10 });
    const refused = await ask({ ...quota, share: 0.8 });
    expect(refused.waitMs).toBeGreaterThan(23 * 3_600_000);
    await age("quota", "1 day");
    expect(await ask({ ...quota, share: 0.8, calls: 1 })).toMatchObject({ calls: 1, reason: null });
  });

  it("believes what the vendor tells of its quota, and looks every quarter of an hour whether that still holds", async () => {
    await ask({ account: "told", told: { used: 850, max: 1_000 }, calls: 0 });
    expect(await ask({ account: "told", share: 0.9 })).toMatchObject({ calls: 1 });
    const refused = await ask({ account: "told", share: 0.8 });
    expect(refused).toMatchObject({ calls: 0, reason: "quota" });
    expect(refused.waitMs).toBeLessThanOrEqual(15 * 60_000);
    await age("told", "15 minutes");
    expect(await ask({ account: "told", share: 0.8 })).toMatchObject({ calls: 1 });
    expect(await ask({ account: "told", share: 0.8 })).toMatchObject({ calls: 0, reason: "quota" });
    expect(await ask({ account: "told", share: 0.8, told: { used: 100, max: 1_000 } })).toMatchObject({ calls: 1 });
  });

  it("forgets accounts that nobody has asked of for days, but for those that are to be left alone", async () => {
    await ask({ account: "old" });
    await ask({ account: "old and paused", pauseMs: 86_400_000 });
    await get().queryPastGuards(
      "update vendor_budgets set used_at = used_at - interval '3 days' where account like 'old%' returning account",
    );
    await get().database.asSystem(({ budgets }) => budgets.prune(2 * 86_400_000, 100));
    const left = await get().queryPastGuards("select account from vendor_budgets where account like 'old%'");
    expect(left).toEqual([{ account: "old and paused" }]);
  });

  it("answers for many accounts at once, to each who asks", async () => {
    const questions = ["b", "a", "c"].map((account) => question({ account: `many ${account}`, intervalMs: 100 }));
    const answers = await askAll(...questions);
    expect(new Set(answers.map(({ holder }) => holder))).toEqual(new Set(questions.map(({ holder }) => holder)));
    expect(answers.map(({ calls }) => calls)).toEqual([1, 1, 1]);
  });
});
