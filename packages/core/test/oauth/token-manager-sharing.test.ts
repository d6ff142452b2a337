import { describe, expect, it } from "vitest";
import { MemoryTokenStore, type TokenStore } from "../../src/oauth/index.js";
import { makeGate } from "../support/gate.js";
import { eventually } from "../support/manual-clock.js";
import { failureOf } from "../support/oauth-bench.js";
import { grants, openTokenBench, storedTokens } from "../support/token-bench.js";

const expired = { tokens: { expiresAtMs: 0 } } as const;

describe("TokenManager among many callers", () => {
  it("TEST-009 answers 100 concurrent callers with one request", async () => {
    await using bench = await openTokenBench([grants(2)], expired);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => bench.manager.accessToken()));
    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(["access-t0ken-2"]));
    expect(bench.server.seen).toHaveLength(1);
  });

  it("answers a storm of refused tokens with one refresh, late comers included", async () => {
    await using bench = await openTokenBench([grants(2)]);
    const { version } = await bench.manager.accessToken();
    const storm = () =>
      Promise.all(Array.from({ length: 50 }, () => bench.manager.accessToken({ notVersion: version })));
    const tokens = [...(await storm()), ...(await storm())];
    expect(new Set(tokens.map(({ version }) => version))).toEqual(new Set([2]));
    expect(bench.server.seen).toHaveLength(1);
  });

  it("joins a refresh that was begun ahead of time when a token is refused meanwhile", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))]);
    bench.clock.advance(56 * 60_000);
    await bench.manager.accessToken();
    const refused = bench.manager.accessToken({ notVersion: 1 });
    gate.open();
    expect((await refused).version).toBe(2);
    expect(bench.server.seen).toHaveLength(1);
  });

  it("lets a second process wait for the first one's result instead of calling", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const [first, second] = [bench.another(), bench.another()];
    const one = first.accessToken();
    await eventually(() => bench.server.seen.length === 1);
    const two = second.accessToken();
    await eventually(() => bench.clock.sleeping === 1);
    gate.open();
    expect((await one).version).toBe(2);
    expect((await bench.clock.drive(two)).value).toBe("access-t0ken-2");
    expect(bench.server.seen).toHaveLength(1);
  });

  it("serves a valid token at once while another process refreshes", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))]);
    bench.clock.advance(56 * 60_000);
    const [first, second] = [bench.another(), bench.another()];
    await first.accessToken();
    await eventually(() => bench.server.seen.length === 1);
    expect((await second.accessToken()).value).toBe("access-t0ken-1");
    gate.open();
    await first.settle();
    await bench.clock.drive(second.settle());
    expect((await second.accessToken()).value).toBe("access-t0ken-2");
    expect(bench.server.seen).toHaveLength(1);
  });

  it("stops waiting when the other process reports that the server is away", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => ({ status: 503, body: "" }))], expired);
    const one = failureOf(bench.another().accessToken());
    await eventually(() => bench.server.seen.length === 1);
    const two = failureOf(bench.another().accessToken());
    await eventually(() => bench.clock.sleeping === 1);
    gate.open();
    expect(await one).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    bench.clock.advance(100);
    expect(await two).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
    expect(bench.server.seen).toHaveLength(1);
  });

  it("ends the waiting of the caller who gives up, and not the refresh that others wait for", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const caller = new AbortController();
    const given = failureOf(bench.manager.accessToken({ signal: caller.signal }));
    const patient = bench.manager.accessToken();
    await eventually(() => bench.server.seen.length === 1);
    caller.abort();
    expect(await given).toMatchObject({ code: "CANCELLED" });
    gate.open();
    expect((await patient).version).toBe(2);
  });

  it("refuses a caller whose signal is over already, token or not", async () => {
    await using bench = await openTokenBench([grants(2)]);
    await bench.manager.accessToken();
    const signal = AbortSignal.abort();
    expect(await failureOf(bench.manager.accessToken({ signal }))).toMatchObject({ code: "CANCELLED" });
  });

  it("looks at the store once for many calls, and again when the cache is old", async () => {
    const memory = new MemoryTokenStore({ tokens: storedTokens(Date.UTC(2026, 0, 1)) });
    let loads = 0;
    const counting: TokenStore = {
      load: async () => {
        loads += 1;
        return memory.load();
      },
      begin: (request) => memory.begin(request),
      commit: (id, request) => memory.commit(id, request),
      abandon: (id, request) => memory.abandon(id, request),
      clear: () => memory.clear(),
    };
    await using bench = await openTokenBench([grants(2)], { wrap: () => counting, cacheMs: 30_000 });
    for (let call = 0; call < 100; call += 1) await bench.manager.accessToken();
    expect(loads).toBe(1);
    bench.clock.advance(30_000);
    await memory.clear();
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(loads).toBe(2);
  });

  it("adopts what another process has landed instead of refreshing a spent version", async () => {
    await using bench = await openTokenBench([grants(2), grants(3)]);
    const [early, late] = [bench.another({ cacheMs: 3_600_000_000 }), bench.another()];
    await early.accessToken();
    await late.refreshNow();
    bench.clock.advance(56 * 60_000);
    // `early` believes that version 1 is due; the store knows better.
    await early.accessToken({ notVersion: 1 });
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1"]);
    await early.refreshIfDue();
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1", "refresh-t0ken-2"]);
  });
});
