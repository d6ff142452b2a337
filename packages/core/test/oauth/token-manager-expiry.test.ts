import { describe, expect, it } from "vitest";
import { failureOf } from "../support/oauth-bench.js";
import { grants, openTokenBench } from "../support/token-bench.js";

const minute = 60_000;

describe("TEST-009 a token is refreshed before it expires", () => {
  it("TEST-009 serves a token without a request while nothing is due", async () => {
    await using bench = await openTokenBench([grants(2)]);
    bench.clock.advance(50 * minute);
    expect(await bench.manager.accessToken()).toEqual({
      value: "access-t0ken-1",
      tokenType: "Bearer",
      version: 1,
      expiresAtMs: bench.clock.now() + 10 * minute,
      attributes: { instance_url: "https://eu1.example" },
    });
    expect(bench.server.seen).toHaveLength(0);
  });

  it("TEST-009 refreshes inside the margin in the background, and serves the valid token meanwhile", async () => {
    await using bench = await openTokenBench([grants(2)]);
    bench.clock.advance(55 * minute);
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
    await bench.manager.settle();
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-2");
    expect(bench.server.seen).toHaveLength(1);
    expect(bench.events).toEqual(["token.refreshed"]);
    expect((await bench.store.load()).tokens).toMatchObject({ refreshToken: "refresh-t0ken-2", rotates: true });
  });

  it("TEST-009 never serves a token after its stated expiry: the caller waits for the refresh", async () => {
    await using bench = await openTokenBench([grants(2)]);
    bench.clock.advance(60 * minute);
    expect(await bench.manager.accessToken()).toMatchObject({ value: "access-t0ken-2", version: 2 });
  });

  it("TEST-009 spreads the moment by jitter, decided once for each set", async () => {
    await using bench = await openTokenBench([grants(2)]);
    const draws = [0, 1, 1, 1, 1];
    let drawn = 0;
    const random = {
      number: () => draws[drawn++] ?? 1,
      bytes: (n: number) => Buffer.alloc(n),
      uuid: () => crypto.randomUUID(),
    };
    const manager = bench.another({ random, cacheMs: 0 });
    // Margin 5 min, jitter drawn as 0: due at 55 min. A new draw at each look would make it due at 54.
    for (const minutes of [50, 4.5, 0.4]) {
      bench.clock.advance(minutes * minute);
      await manager.accessToken();
    }
    await manager.settle();
    expect(bench.server.seen).toHaveLength(0);
    expect(drawn).toBe(1);
    bench.clock.advance(0.2 * minute);
    await manager.accessToken();
    await manager.settle();
    expect(bench.server.seen).toHaveLength(1);
  });

  it("TEST-009 does not refresh a token of 60 s at each call", async () => {
    await using bench = await openTokenBench([grants(2, { expiresIn: 60 }), grants(3, { expiresIn: 60 })], {
      tokens: { expiresAtMs: 0 },
    });
    for (let second = 0; second < 40; second += 1) {
      expect((await bench.manager.accessToken()).value).toBe("access-t0ken-2");
      bench.clock.advance(1000);
    }
    expect(bench.server.seen).toHaveLength(1);
    bench.clock.advance(6000);
    await bench.manager.accessToken();
    await bench.manager.settle();
    expect(bench.server.seen).toHaveLength(2);
  });

  it.each([
    ["0", 0],
    ["missing", undefined],
    ["negative", -1],
    ["10 years", 315_360_000],
    ["a word", "soon"],
  ])("TEST-009 assumes the policy's lifetime when expires_in is %s", async (_name, expiresIn) => {
    await using bench = await openTokenBench([grants(2, { expiresIn }), grants(3)], {
      tokens: { expiresAtMs: 0 },
      policy: { assumedLifetimeMs: 20 * minute },
    });
    const token = await bench.manager.accessToken();
    expect(token).toMatchObject({ value: "access-t0ken-2", version: 2 });
    expect(token.expiresAtMs).toBeUndefined();
    bench.clock.advance(10 * minute);
    expect((await bench.manager.accessToken()).version).toBe(2);
    expect(bench.server.seen).toHaveLength(1);
    bench.clock.advance(10 * minute);
    expect((await bench.manager.accessToken()).version).toBe(3);
  });

  it("TEST-009 reads a string, and serves a token of one second once it has been granted", async () => {
    await using bench = await openTokenBench([grants(2, { expiresIn: "1" }), grants(3, { expiresIn: "1800" })], {
      tokens: { expiresAtMs: 0 },
    });
    expect(await bench.manager.accessToken()).toMatchObject({ version: 2, expiresAtMs: bench.clock.now() + 1000 });
    bench.clock.advance(1000);
    expect(await bench.manager.accessToken()).toMatchObject({ version: 3, expiresAtMs: bench.clock.now() + 1_800_000 });
  });

  it("TEST-009 still serves a token of assumed lifetime when the server is away: its expiry is a guess", async () => {
    await using bench = await openTokenBench([{ status: 503, body: "" }], { tokens: { expiresAtMs: undefined } });
    bench.clock.advance(5 * 60 * minute);
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
    expect(await failureOf(bench.manager.accessToken({ notVersion: 1 }))).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
  });

  it("TEST-009 serves a token without refresh token and stated expiry for as long as the vendor takes it", async () => {
    await using bench = await openTokenBench([grants(2)], {
      tokens: { expiresAtMs: undefined, refreshToken: undefined },
    });
    bench.clock.advance(500 * 60 * minute);
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
    expect(await failureOf(bench.manager.accessToken({ notVersion: 1 }))).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.events).toEqual(["token.refresh_failed", "connector.reconnect_required"]);
    expect(bench.server.seen).toHaveLength(0);
  });

  it.each([-5, 5])("TEST-009 bears a process whose clock is %i minutes off", async (minutes) => {
    await using bench = await openTokenBench([grants(2), grants(3)], { tokens: { expiresAtMs: 0 } });
    // Landed by a process whose clock is off; read by one whose clock is right.
    bench.clock.advance(minutes * minute);
    await bench.another().accessToken();
    bench.clock.advance(-minutes * minute);
    const reader = bench.another();
    let refused = 0;
    for (let passed = 0; passed <= 62; passed += 1) {
      let { version } = await reader.accessToken();
      // By the server's clock the second set lives for 60 minutes; after that the vendor refuses it.
      if (version === 2 && passed >= 60) {
        refused += 1;
        version = (await reader.accessToken({ notVersion: 2 })).version;
        expect(version).toBe(3);
      }
      await reader.settle();
      bench.clock.advance(minute);
    }
    // Only a lead as long as the whole margin lets a single stale token out.
    expect(refused).toBe(minutes > 0 ? 1 : 0);
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1", "refresh-t0ken-2"]);
  });

  it("TEST-009 refreshIfDue renews ahead and waits, and does nothing before the time", async () => {
    await using bench = await openTokenBench([grants(2)]);
    expect(await bench.manager.refreshIfDue()).toBe(false);
    bench.clock.advance(56 * minute);
    expect(await bench.manager.refreshIfDue()).toBe(true);
    expect(await bench.manager.refreshIfDue()).toBe(false);
    expect(bench.server.seen).toHaveLength(1);
  });
});
