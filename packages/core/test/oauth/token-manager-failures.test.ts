import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { clientSecret, failureOf } from "../support/oauth-bench.js";
import { grants, openTokenBench, type TokenBench } from "../support/token-bench.js";
import type { Answer } from "../support/token-server.js";

const expired = { tokens: { expiresAtMs: 0 } } as const;
const away: Answer = { status: 503, body: "away" };
const revoked: Answer = { status: 400, json: { error: "invalid_grant" } };
const lost: Answer = { fault: "reset" };

/** Leaves an attempt behind as a process does that died in the middle of it. */
async function leaveAttempt(bench: TokenBench): Promise<void> {
  const { version } = await bench.store.load();
  await bench.store.begin({ purpose: "refresh", version, leaseMs: 40_000 });
  bench.clock.advance(40_001);
}

describe("TokenManager when a refresh fails", () => {
  it("asks for a person when the vendor says that the grant is gone, and asks the vendor only once", async () => {
    await using bench = await openTokenBench([revoked], expired);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({
      code: "RECONNECT_REQUIRED",
      vendor: { code: "invalid_grant" },
    });
    expect(bench.events).toEqual(["token.refresh_failed", "connector.reconnect_required"]);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(await failureOf(bench.manager.refreshNow())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(await bench.store.load()).toMatchObject({ status: "reconnect_required" });
    expect(bench.server.seen).toHaveLength(1);
  });

  it("still serves the access token of a grant that is gone, while it lasts", async () => {
    await using bench = await openTokenBench([revoked]);
    bench.clock.advance(57 * 60_000);
    for (let call = 0; call < 5; call += 1) {
      expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
      await bench.manager.settle();
    }
    expect(bench.server.seen).toHaveLength(1);
    bench.clock.advance(3 * 60_000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
  });

  it("serves a valid token while the server is away, and asks with growing pauses", async () => {
    await using bench = await openTokenBench([away]);
    bench.clock.advance(56 * 60_000);
    const askedAtSeconds: number[] = [];
    for (let second = 0; second < 200; second += 1) {
      const before = bench.server.seen.length;
      expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
      await bench.manager.settle();
      if (bench.server.seen.length > before) askedAtSeconds.push(second);
      bench.clock.advance(1000);
    }
    // Backoff with the middle of its jitter: 0.75 s, 1.5 s, 3 s, 6 s, 12 s, …
    expect(askedAtSeconds).toEqual([0, 1, 3, 6, 12, 24, 48, 96, 192]);
    expect(bench.events).toEqual(Array(9).fill("token.refresh_failed"));
  });

  it("never serves an expired token: the caller hears that the server is away, without a request for each call", async () => {
    await using bench = await openTokenBench([away, grants(2)], expired);
    for (let call = 0; call < 20; call += 1) {
      const error = await failureOf(bench.manager.accessToken());
      expect(error).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
    }
    expect(bench.server.seen).toHaveLength(1);
    bench.clock.advance(1000);
    expect((await bench.manager.accessToken()).version).toBe(2);
    expect(await bench.store.load()).toMatchObject({ failures: 0 });
  });

  it("waits as long as Retry-After says", async () => {
    await using bench = await openTokenBench(
      [{ status: 429, body: "", headers: { "retry-after": "120" } }, grants(2)],
      expired,
    );
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RATE_LIMITED" });
    bench.clock.advance(119_000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RATE_LIMITED" });
    bench.clock.advance(1001);
    expect((await bench.manager.accessToken()).version).toBe(2);
  });

  it("refreshNow asks at once, also while the server is being left alone", async () => {
    await using bench = await openTokenBench([away, grants(2)], expired);
    await failureOf(bench.manager.accessToken());
    expect((await bench.manager.refreshNow()).version).toBe(2);
  });

  it("does not ask for a person when it is the client that is refused", async () => {
    await using bench = await openTokenBench([{ status: 401, json: { error: "invalid_client" } }, grants(2)], expired);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    bench.clock.advance(1000);
    expect((await bench.manager.accessToken()).version).toBe(2);
  });

  it("serves a token of assumed lifetime no longer than that once the grant is gone", async () => {
    await using bench = await openTokenBench([revoked], { tokens: { expiresAtMs: undefined } });
    expect(await failureOf(bench.manager.refreshNow())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
    bench.clock.advance(3_600_000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
  });

  it("tells no secret in errors, events or log lines", async () => {
    await using bench = await openTokenBench(
      [
        {
          status: 400,
          json: { error: "invalid_client", error_description: `refresh-t0ken-1 ${clientSecret} access-t0ken-1` },
        },
        revoked,
      ],
      expired,
    );
    const errors = [await failureOf(bench.manager.accessToken()), await failureOf(bench.manager.refreshNow())];
    const shown = inspect([errors, bench.lines], { depth: Infinity, showHidden: true });
    expect(bench.lines.length).toBeGreaterThan(1);
    for (const secret of ["refresh-t0ken", "access-t0ken", clientSecret]) expect(shown).not.toContain(secret);
  });
});

describe("TokenManager after a refresh of unknown outcome", () => {
  it("never sends the refresh token again under `reconnect`, and alerts at once", async () => {
    await using bench = await openTokenBench([lost], { ...expired, policy: { afterAmbiguous: "reconnect" } });
    expect(await failureOf(bench.clock.drive(bench.manager.accessToken()))).toMatchObject({
      code: "RECONNECT_REQUIRED",
    });
    expect(bench.events).toEqual(["token.refresh_failed", "connector.reconnect_required"]);
    bench.clock.advance(3_600_000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1"]);
  });

  it("serves the access token meanwhile", async () => {
    await using bench = await openTokenBench([lost]);
    bench.clock.advance(56 * 60_000);
    await bench.manager.accessToken();
    await bench.clock.drive(bench.manager.settle());
    expect(bench.events).toContain("connector.reconnect_required");
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
  });

  it("sends it once more under `retry_once`, and then no more", async () => {
    await using mended = await openTokenBench([lost, grants(2)], {
      ...expired,
      policy: { afterAmbiguous: "retry_once" },
    });
    expect((await mended.clock.drive(mended.manager.accessToken())).version).toBe(2);

    await using broken = await openTokenBench([lost], { ...expired, policy: { afterAmbiguous: "retry_once" } });
    expect(await failureOf(broken.clock.drive(broken.manager.accessToken()))).toMatchObject({
      code: "RECONNECT_REQUIRED",
    });
    expect(broken.server.seen).toHaveLength(2);
  });

  it.each([
    [false, 2],
    [true, 1],
    [undefined, 1],
  ])("under `retry_once_unless_rotating`, with rotates %s, sends it %i times at the most", async (rotates, sent) => {
    await using bench = await openTokenBench([lost], {
      tokens: { expiresAtMs: 0, rotates },
      policy: { afterAmbiguous: "retry_once_unless_rotating" },
    });
    expect(await failureOf(bench.clock.drive(bench.manager.accessToken()))).toMatchObject({
      code: "RECONNECT_REQUIRED",
    });
    expect(bench.server.seen).toHaveLength(sent);
  });

  it("takes a server's own 500 for an outage where reuse does no harm, and for a doubt elsewhere", async () => {
    const failing: Answer = { status: 500, body: "<html>" };
    await using harmless = await openTokenBench([failing], { ...expired, policy: { afterAmbiguous: "retry_once" } });
    for (let round = 0; round < 5; round += 1) {
      expect(await failureOf(harmless.manager.accessToken())).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
      harmless.clock.advance(300_000);
    }
    expect(harmless.server.seen).toHaveLength(5);

    await using harmful = await openTokenBench([failing], expired);
    expect(await failureOf(harmful.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(harmful.server.seen).toHaveLength(1);
  });

  it("ends a call that gets no answer at the hard limit", async () => {
    await using bench = await openTokenBench([{ fault: "hang" }], { ...expired, callTimeoutMs: 50, leaseMs: 100 });
    const error = await failureOf(bench.manager.accessToken());
    expect(error).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.server.seen).toHaveLength(1);
  });

  it("applies the policy to what a process that died has left behind, also to its repeat", async () => {
    await using bench = await openTokenBench([grants(2)], { ...expired, policy: { afterAmbiguous: "reconnect" } });
    await leaveAttempt(bench);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.server.seen).toHaveLength(0);

    await using once = await openTokenBench([grants(2)], { ...expired, policy: { afterAmbiguous: "retry_once" } });
    await leaveAttempt(once);
    expect((await once.manager.accessToken()).version).toBe(2);

    await using twice = await openTokenBench([grants(2)], { ...expired, policy: { afterAmbiguous: "retry_once" } });
    await leaveAttempt(twice);
    const found = await twice.store.begin({ purpose: "refresh", version: 1, leaseMs: 1 });
    if (found.outcome !== "ambiguous") throw new Error(found.outcome);
    await twice.store.begin({ purpose: "refresh", version: 1, leaseMs: 1, repeats: found.attemptId });
    twice.clock.advance(2);
    expect(await failureOf(twice.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(twice.server.seen).toHaveLength(0);
  });

  it("waits for the lease of a process that may still be calling, before it judges", async () => {
    await using bench = await openTokenBench([grants(2)], { ...expired, policy: { afterAmbiguous: "retry_once" } });
    const begun = bench.clock.now();
    await bench.store.begin({ purpose: "refresh", version: 1, leaseMs: 40_000 });
    expect((await bench.clock.drive(bench.manager.accessToken())).version).toBe(2);
    expect(bench.clock.now() - begun).toBeGreaterThanOrEqual(40_000);
    expect(bench.clock.now() - begun).toBeLessThan(41_000);
  });

  it("treats a grant without a person as never spent: it is made again, however often the answer is lost", async () => {
    const script = [...Array<Answer>(4).fill(lost), grants(2)];
    await using bench = await openTokenBench(script, { tokens: null, grant: "client_credentials" });
    await leaveAttempt(bench);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ retryable: true });
    bench.clock.advance(2000);
    expect((await bench.manager.accessToken()).value).toBe("access-t0ken-2");
  });
});
