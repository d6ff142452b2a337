import { describe, expect, it } from "vitest";
import type { BegunClaim, TokenStore } from "../../src/oauth/index.js";
import { makeGate } from "../support/gate.js";
import { eventually } from "../support/manual-clock.js";
import { failureOf } from "../support/oauth-bench.js";
import { grants, openTokenBench } from "../support/token-bench.js";

const expired = { tokens: { expiresAtMs: 0 } } as const;

/** What a worker does that begins many connections at once. */
async function claim(store: TokenStore): Promise<BegunClaim> {
  const claimed = await store.begin({ purpose: "refresh", version: 1, leaseMs: 40_000 });
  if (claimed.outcome !== "begun") throw new Error(claimed.outcome);
  return claimed;
}

describe("TokenManager.renewUnder", () => {
  it("renews under a claim that was made elsewhere, and whoever waits for it here gets the token, too", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const claimed = await claim(bench.store);
    const caller = bench.manager.accessToken();
    // The caller has met the claim, and sleeps until somebody is done with it.
    await eventually(() => bench.clock.sleeping === 1);
    const renewal = bench.manager.renewUnder(claimed, bench.clock.now());
    await eventually(() => bench.server.seen.length === 1);
    gate.open();
    expect(await renewal).toMatchObject({ value: "access-t0ken-2", version: 2 });
    expect(await bench.clock.drive(caller)).toMatchObject({ value: "access-t0ken-2", version: 2 });
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1"]);
    expect(bench.events).toEqual(["token.refreshed"]);
  });

  it("sends nothing when nothing is left of the call's time", async () => {
    await using bench = await openTokenBench([grants(2)], expired);
    const claimed = await claim(bench.store);
    const beganAtMs = bench.clock.now();
    bench.clock.advance(25_000);
    expect(await failureOf(bench.manager.renewUnder(claimed, beganAtMs))).toMatchObject({ code: "TIMEOUT" });
    expect(bench.server.seen).toHaveLength(0);
    expect(await bench.store.load()).toMatchObject({ status: "active", failures: 1 });
  });

  it("lets the vendor's policy decide when nobody knows what became of the refresh token", async () => {
    for (const [afterAmbiguous, code] of [
      ["reconnect", "RECONNECT_REQUIRED"],
      ["retry_once", undefined],
    ] as const) {
      const policy = { afterAmbiguous };
      await using bench = await openTokenBench([{ fault: "cut" }, grants(2)], { ...expired, policy });
      const renewal = bench.manager.renewUnder(await claim(bench.store), bench.clock.now());
      if (code === undefined) expect(await bench.clock.drive(renewal)).toMatchObject({ version: 2 });
      else expect(await failureOf(renewal)).toMatchObject({ code });
      expect(bench.server.seen).toHaveLength(code === undefined ? 2 : 1);
    }
  });

  it("is waited for by close, which ends nothing that has called the vendor", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const renewal = bench.manager.renewUnder(await claim(bench.store), bench.clock.now());
    await eventually(() => bench.server.seen.length === 1);
    const closed = bench.manager.close();
    gate.open();
    await closed;
    expect((await bench.store.load()).tokens?.refreshToken).toBe("refresh-t0ken-2");
    expect((await renewal).version).toBe(2);
  });
});

describe("TokenManager and an attempt that was given up", () => {
  it("works again when the late answer lands, without a person", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    // A process that is frozen in the middle of its call.
    const frozen = bench.manager.accessToken();
    await eventually(() => bench.server.seen.length === 1);
    bench.clock.advance(40_001);
    const other = bench.another();
    expect(await failureOf(other.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.events).toEqual(["connector.reconnect_required"]);
    gate.open();
    expect(await frozen).toMatchObject({ value: "access-t0ken-2" });
    expect(await other.accessToken()).toMatchObject({ value: "access-t0ken-2", version: 2 });
    expect(bench.sentRefreshTokens()).toEqual(["refresh-t0ken-1"]);
  });
});
