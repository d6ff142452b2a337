import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type CallLimits, type CallPermit, createTransport, systemClock } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { accountKey, SharedBudgets } from "../../src/budgets/shared-budgets.js";
import { newId } from "../../src/database/index.js";
import { useServerDatabase } from "../support/server-database.js";
import { type CountingVendor, startCountingVendor } from "./counting-vendor.js";

const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("caller-process.ts", import.meta.url));
/** A vendor's, with so much slack that a machine which has other work to do keeps to it. */
const limits = { count: 20, perMs: 2_000, concurrency: 3 };
const callLimits: CallLimits = { rates: [{ count: 20, perMs: 2_000, slackMs: 1_000 }], concurrency: 3, burst: 3 };

describe("budgets that processes share", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const children: ChildProcess[] = [];
  let vendor: CountingVendor;

  beforeAll(async () => {
    vendor = await startCountingVendor(limits);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    }
  });
  afterAll(() => vendor.close());

  const startCaller = async (accounts: readonly string[], callers = 1): Promise<ChildProcess> => {
    const task = { databaseUrl: get().url, vendor: vendor.url, accounts, limits: callLimits, callers };
    const child = spawn(
      process.execPath,
      ["--no-warnings", "--liftoff-only", "--import", sources, program, JSON.stringify(task)],
      { stdio: ["ignore", "inherit", "inherit", "ipc"] },
    );
    children.push(child);
    await once(child, "message");
    return child;
  };
  /** What another process would have. */
  const newBudgets = () => new SharedBudgets({ database: get().database, clock: systemClock });
  const never = new AbortController().signal;
  /** Why an account has nothing to give just now. */
  const reasonOf = async (account: readonly string[]) => {
    const question = {
      account: accountKey(account),
      holder: newId(),
      calls: 1,
      most: 1,
      again: false,
      returned: 0,
      intervalMs: null,
      burst: 1,
      horizonMs: 0,
      placesMax: null,
      inUse: 0,
      quotaMax: null,
      share: 1,
      freshMs: 0,
      leaseMs: 0,
    };
    const [answer] = await get().database.asSystem(({ budgets }) => budgets.ask([question]));
    return answer?.reason;
  };
  const call = (account: string, budgets = newBudgets(), priority: "interactive" | "backfill" = "interactive") =>
    budgets.at(priority).of(["counted", account], callLimits).acquire(never);

  it("keep two processes within what the vendor counts, and use it", async () => {
    const accounts = ["a", "b", "c"];
    await Promise.all([startCaller(accounts, 4), startCaller(accounts)]);
    const beganAtMs = performance.now();
    await expect
      .poll(() => Math.min(...accounts.map((each) => vendor.calls(each))), { timeout: 30_000 })
      .toBeGreaterThan(35);
    const seconds = (performance.now() - beganAtMs) / 1_000;
    expect(vendor.violations).toEqual([]);
    // 20 in two seconds, stretched by the slack: 6.7 a second.
    expect(vendor.calls("a") / seconds).toBeGreaterThan(4);
  });

  it("keep the places of a killed process until its lease is over, and give them to others then", async () => {
    vendor.hold("killed");
    const child = await startCaller(["killed"], 3);
    const client = await get().server.connectAsSuperuser(get().url);
    const query = async (sql: string) => (await client.query(sql, [accountKey(["counted", "killed"])])).rows;
    const placesInUse = () => query("select in_use from vendor_budget_places where account = $1");
    await expect.poll(placesInUse, { timeout: 30_000 }).toEqual([{ in_use: 3 }]);
    expect(vendor.atWork("killed")).toBe(3);
    child.kill("SIGKILL");
    await once(child, "close");

    // It said so for fifteen seconds at least; this is the last one and a half.
    const [lease] = await query(`update vendor_budget_places set fresh_until = now() - interval '1 second',
        lease_until = now() + interval '1500 milliseconds'
      where account = $1 and lease_until > now() + interval '5 seconds' returning lease_until as ends_at`);
    const endsAtMs: number = lease?.ends_at.getTime();
    await client.end();
    // The vendor is still at work on what the process asked for, nearly until then.
    const worked = setTimeout(() => vendor.release("killed"), endsAtMs - 50 - Date.now());
    const begins = Array.from({ length: 3 }, async () => {
      const permit = await call("killed", newBudgets());
      const atMs = Date.now();
      await fetch(`${vendor.url}/killed`);
      permit.release();
      return atMs;
    });
    const [first = 0, , last = 0] = (await Promise.all(begins)).toSorted((one, other) => one - other);
    clearTimeout(worked);
    expect(first).toBeGreaterThanOrEqual(endsAtMs);
    expect(last).toBeLessThan(endsAtMs + 10_000);
    expect(vendor.violations).toEqual([]);
  });

  it("hold a Retry-After for calls that another process had leave for before", async () => {
    const [heard, other] = [newBudgets(), newBudgets()];
    const account = ["counted", "ahead"];
    const slow: CallLimits = { rates: [{ count: 4, perMs: 1_000, slackMs: 200 }] };
    const of = (budgets: SharedBudgets) => budgets.at("interactive").of(account, slow);
    const began: number[] = [];
    const calls = Array.from({ length: 14 }, async () => {
      await of(other).acquire(never);
      began.push(performance.now());
    });
    // The urgent look five seconds ahead: all of them have leave, or will ask for it.
    await expect.poll(() => began.length).toBeGreaterThan(2);
    const pausedAtMs = performance.now();
    of(heard).pause(3_000);
    await expect.poll(() => reasonOf(account)).toBe("paused");
    await Promise.all(calls);
    const early = began.filter((atMs) => atMs > pausedAtMs + 700 && atMs < pausedAtMs + 2_900);
    expect(early).toEqual([]);
    expect(began.filter((atMs) => atMs >= pausedAtMs + 2_900).length).toBeGreaterThan(6);
  });

  it("let ten go at once where the vendor allows ten in a second, and the next one when their time is over", async () => {
    const rates = [
      { count: 10, perMs: 1_000 },
      { count: 500, perMs: 60_000 },
    ];
    const of = () => newBudgets().at("interactive").of(["counted", "burst"], { rates, concurrency: 10, burst: 10 });
    const one = of();
    const beganAtMs = performance.now();
    const permits = await Promise.all(Array.from({ length: 10 }, () => one.acquire(never)));
    const tookMs = performance.now() - beganAtMs;
    for (const permit of permits) permit.release();
    // Spaced, they would take nine intervals of 122 ms.
    expect(tookMs).toBeLessThan(900);
    (await of().acquire(never)).release();
    expect(performance.now() - beganAtMs).toBeGreaterThan(1_200);
  });

  it("hold a Retry-After for all, whoever heard it", async () => {
    const budgets = newBudgets();
    const budget = budgets.at("interactive").of(["counted", "refused"], callLimits);
    const transport = createTransport({
      allowedHosts: [],
      allowedPrivateHosts: [new URL(vendor.url).host],
      retry: { rateLimited: "return" },
    });
    vendor.refuseNext("refused", 2);
    const { status } = await transport.request({ method: "GET", url: `${vendor.url}/refused`, budget });
    expect(status).toBe(429);
    const [refusedAtMs = 0] = vendor.arrivals("refused");
    // It is told the database in the next round trip.
    await expect.poll(() => reasonOf(["counted", "refused"])).toBe("paused");
    const permit = await call("refused");
    expect(performance.now() - refusedAtMs).toBeGreaterThan(1_900);
    permit.release();
    await transport.close();
  });

  it("end a call at once that would wait for longer than calls wait", async () => {
    const budgets = newBudgets();
    const permit = await call("away", budgets);
    budgets.at("sync").of(["counted", "away"], callLimits).pause(600_000);
    permit.release();
    await expect(call("away", budgets)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await expect.poll(() => reasonOf(["counted", "away"])).toBe("paused");
    await expect(call("away")).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryable: true,
      retryAfterMs: expect.closeTo(597_000, -4),
    });
  });

  it("let the urgent go first, and leave them the end of the day's quota", async () => {
    const budgets = newBudgets();
    const quota: CallLimits = { callsPerDay: 10 };
    const of = (priority: "interactive" | "backfill") => budgets.at(priority).of(["counted", "quota"], quota);
    for (let n = 0; n < 8; n += 1) await of("backfill").acquire(never);
    await expect(of("backfill").acquire(never)).rejects.toMatchObject({ code: "QUOTA_EXHAUSTED" });
    await Promise.all([of("interactive").acquire(never), of("interactive").acquire(never)]);
    await expect(of("interactive").acquire(never)).rejects.toMatchObject({ code: "QUOTA_EXHAUSTED" });
  });

  it("let those who wait go by priority, and then in the order in which they came", async () => {
    const budgets = newBudgets();
    const one: CallLimits = { concurrency: 1 };
    const went: string[] = [];
    const begin = async (name: string, priority: "interactive" | "backfill"): Promise<CallPermit> => {
      const permit = await budgets.at(priority).of(["counted", "order"], one).acquire(never);
      went.push(name);
      return permit;
    };
    const first = await begin("first", "backfill");
    const others = (["b1", "b2", "i1", "i2"] as const).map((name) =>
      begin(name, name.startsWith("i") ? "interactive" : "backfill").then((permit) => permit.release()),
    );
    first.release();
    await Promise.all(others);
    expect(went).toEqual(["first", "i1", "i2", "b1", "b2"]);
  });

  it("let go of who gives up waiting", async () => {
    const budgets = newBudgets();
    const budget = budgets.at("sync").of(["counted", "given up"], { concurrency: 1 });
    const permit = await budget.acquire(never);
    const ending = new AbortController();
    const waiting = budget.acquire(ending.signal);
    ending.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    const next = budget.acquire(never);
    permit.release();
    (await next).release();
  });
});
