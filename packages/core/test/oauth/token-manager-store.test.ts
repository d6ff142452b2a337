import { describe, expect, it } from "vitest";
import { makeGate } from "../support/gate.js";
import { eventually } from "../support/manual-clock.js";
import { failureOf } from "../support/oauth-bench.js";
import { grants, openFaultyBench, openTokenBench, storedTokens } from "../support/token-bench.js";

const expired = { tokens: { expiresAtMs: 0 } } as const;

describe("TokenManager and its store", () => {
  it("has the intent stored before the vendor is called", async () => {
    await using bench = await openTokenBench(
      [
        async () => {
          const claim = await bench.store.begin({ purpose: "refresh", version: 1, leaseMs: 1 });
          expect(claim.outcome).toBe("held");
          return grants(2);
        },
      ],
      expired,
    );
    expect((await bench.manager.accessToken()).version).toBe(2);
  });

  it("does not call the vendor when the intent cannot be stored", async () => {
    await using opened = await openFaultyBench([grants(2)], expired);
    opened.faulty.failures.begin = 1;
    expect(await failureOf(opened.bench.manager.accessToken())).toMatchObject({
      message: "The storage is away (begin)",
    });
    expect(opened.bench.server.seen).toHaveLength(0);
    expect((await opened.bench.manager.accessToken()).version).toBe(2);
  });

  it("repeats a commit while the storage is away for a moment", async () => {
    await using opened = await openFaultyBench([grants(2)], expired);
    opened.faulty.failures.commit = 3;
    expect((await opened.bench.clock.drive(opened.bench.manager.accessToken())).version).toBe(2);
    expect(opened.bench.server.seen).toHaveLength(1);
  });

  it("keeps the vendor's answer when the storage stays away, and lands it with a later call", async () => {
    await using opened = await openFaultyBench([grants(2), grants(3)], expired);
    const { bench, faulty } = opened;
    faulty.failures.commit = 5;
    expect(await failureOf(bench.clock.drive(bench.manager.accessToken()))).toMatchObject({
      message: "The storage is away (commit)",
    });
    // Not stored, so not served; and the spent refresh token is not sent again either.
    expect(await failureOf(bench.clock.drive(bench.manager.accessToken()))).toMatchObject({
      message: "The storage is away (commit)",
    });
    expect((await bench.manager.peek())?.refreshToken).toBe("refresh-t0ken-2");
    expect(await bench.manager.accessToken()).toMatchObject({ value: "access-t0ken-2", version: 2 });
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1"]);
    expect(bench.events).toEqual(["token.refreshed"]);
  });

  it("tells the store later how an attempt ended, when it was away: nothing was spent, so nothing is in doubt", async () => {
    await using opened = await openFaultyBench([{ status: 503, body: "" }, grants(2)], expired);
    const { bench, faulty } = opened;
    faulty.failures.abandon = 4;
    const failure = await failureOf(bench.clock.drive(bench.manager.accessToken()));
    expect(failure).toMatchObject({ message: "The storage is away (abandon)" });
    bench.clock.advance(3_600_000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    bench.clock.advance(1000);
    expect((await bench.manager.accessToken()).version).toBe(2);
  });

  it("refreshNow says so where nobody has connected, and raises no alarm", async () => {
    await using bench = await openTokenBench([grants(2)], { tokens: null });
    expect(await failureOf(bench.manager.refreshNow())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.events).toEqual([]);
    expect(await bench.store.load()).toMatchObject({ status: "active" });
  });

  it("serves the token that is still valid while the new one cannot be stored", async () => {
    await using opened = await openFaultyBench([grants(2)]);
    const { bench, faulty } = opened;
    bench.clock.advance(56 * 60_000);
    faulty.failures.commit = 5;
    await bench.manager.accessToken();
    await bench.clock.drive(bench.manager.settle());
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-2");
  });

  it("adopts what came after it, instead of overwriting it", async () => {
    await using opened = await openFaultyBench([grants(2)], expired);
    const { bench, faulty } = opened;
    const gate = makeGate();
    const reached = makeGate();
    faulty.beforeCommit = () => {
      reached.open();
      return gate.passed;
    };
    const frozen = bench.manager.accessToken();
    await reached.passed;
    const claim = await faulty.below.begin({ purpose: "authorize", version: 1, leaseMs: 40_000 });
    if (claim.outcome !== "begun") throw new Error(claim.outcome);
    const newer = storedTokens(bench.clock.now(), { accessToken: "connected-again" });
    await faulty.below.commit(claim.attemptId, { tokens: newer, refreshAtMs: undefined });
    gate.open();
    expect(await frozen).toMatchObject({ value: "connected-again", version: 2 });
    expect(bench.events).toEqual([]);
  });

  it("sends nothing when it wakes from a freeze longer than its call may take", async () => {
    await using opened = await openFaultyBench([grants(2)], expired);
    const { bench, faulty } = opened;
    faulty.afterBegin = async () => bench.clock.advance(30_000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "TIMEOUT" });
    expect(bench.server.seen).toHaveLength(0);
  });

  it("stores a fresh authorization over everything else, also where a person was needed", async () => {
    await using bench = await openTokenBench([{ status: 400, json: { error: "invalid_grant" } }, grants(3)], expired);
    await failureOf(bench.manager.accessToken());
    const fresh = storedTokens(bench.clock.now(), { accessToken: "fresh", refreshToken: "refresh-t0ken-2" });
    expect(await bench.manager.accept(fresh)).toMatchObject({ value: "fresh", version: 2 });
    expect((await bench.manager.accessToken()).value).toBe("fresh");
    expect((await bench.manager.refreshNow()).version).toBe(3);
  });

  it("drops the answer of a refresh that a fresh authorization has overtaken", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const slow = bench.manager.accessToken();
    await eventually(() => bench.server.seen.length === 1);
    await bench.manager.accept(storedTokens(bench.clock.now(), { accessToken: "fresh" }));
    gate.open();
    expect(await slow).toMatchObject({ value: "fresh", version: 2 });
    expect((await bench.store.load()).tokens?.accessToken).toBe("fresh");
  });

  it("does not go back to an older set when a slow read arrives late", async () => {
    await using opened = await openFaultyBench([grants(3)]);
    const { bench, faulty } = opened;
    const gate = makeGate();
    faulty.afterLoad = () => gate.passed;
    const slow = bench.manager.load();
    await bench.manager.accept(storedTokens(bench.clock.now(), { accessToken: "fresh" }));
    gate.open();
    expect((await slow).version).toBe(2);
    expect((await bench.manager.accessToken()).value).toBe("fresh");
  });

  it("has nothing left after clear, not even from a refresh under way, and bears a second clear", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const slow = failureOf(bench.manager.accessToken());
    await eventually(() => bench.server.seen.length === 1);
    await bench.manager.clear();
    await bench.manager.clear();
    gate.open();
    expect(await slow).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(await bench.manager.peek()).toBeUndefined();
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
  });

  it("does not serve a cached token after clear", async () => {
    await using bench = await openTokenBench([grants(2)]);
    await bench.manager.accessToken();
    await bench.manager.clear();
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
  });

  it("notices a connection made in another process at once", async () => {
    await using bench = await openTokenBench([grants(2)], { tokens: null });
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    await bench.another().accept(storedTokens(bench.clock.now()));
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
  });

  it("obtains a first token by itself where no person is needed, for all callers once", async () => {
    await using bench = await openTokenBench([grants(2), grants(3)], { tokens: null, grant: "client_credentials" });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => bench.manager.accessToken()));
    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(["access-t0ken-2"]));
    expect(bench.server.seen).toHaveLength(1);
    bench.clock.advance(3_600_000);
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-3");
  });

  it("begins with tokens from elsewhere, stores them once, and forgets them with a clear", async () => {
    await using bench = await openTokenBench([grants(2)], { tokens: null });
    const initialTokens = storedTokens(bench.clock.now(), { accessToken: "from-elsewhere" });
    const manager = bench.another({ initialTokens });
    expect((await manager.peek())?.accessToken).toBe("from-elsewhere");
    expect(await manager.accessToken()).toMatchObject({ value: "from-elsewhere", version: 1 });
    expect((await bench.store.load()).tokens).toEqual(initialTokens);
    expect(bench.server.seen).toHaveLength(0);
    expect((await manager.refreshNow()).version).toBe(2);
    await manager.clear();
    expect(await failureOf(manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
  });
});
