import { describe, expect, it } from "vitest";
import { OAuthClient } from "../../src/oauth/index.js";
import { makeGate } from "../support/gate.js";
import { eventually } from "../support/manual-clock.js";
import { failureOf, openBench } from "../support/oauth-bench.js";
import { grants, openFaultyBench, openTokenBench } from "../support/token-bench.js";

const expired = { tokens: { expiresAtMs: 0 } } as const;

describe("TokenManager.close", () => {
  it("waits until the renewal under way is stored: its refresh token is spent", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))]);
    bench.clock.advance(56 * 60_000);
    await bench.manager.accessToken();
    await eventually(() => bench.server.seen.length === 1);
    const closed = bench.manager.close();
    gate.open();
    await closed;
    expect((await bench.store.load()).tokens?.refreshToken).toBe("refresh-t0ken-2");
  });

  it("waits for no other process", async () => {
    await using bench = await openTokenBench([grants(2)], expired);
    await bench.store.begin({ purpose: "refresh", version: 1, leaseMs: 40_000 });
    const waiting = failureOf(bench.manager.accessToken());
    await eventually(() => bench.clock.sleeping === 1);
    await bench.manager.close();
    expect(await waiting).toMatchObject({ code: "CANCELLED" });
    expect(bench.server.seen).toHaveLength(0);
  });

  it("begins no renewal afterwards", async () => {
    await using bench = await openTokenBench([grants(2)], expired);
    await bench.manager.close();
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "CANCELLED" });
    expect((await bench.store.begin({ purpose: "refresh", version: 1, leaseMs: 1 })).outcome).toBe("begun");
  });
});

describe("TokenManager on a transport that closes between the claim and the request", () => {
  it("knows that nothing was sent, and leaves the grant as it was", async () => {
    const policy = { afterAmbiguous: "reconnect" } as const;
    await using opened = await openFaultyBench([grants(2)], { ...expired, policy });
    const { bench, faulty } = opened;
    faulty.afterBegin = () => bench.transport.close();
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "CANCELLED" });
    expect(await bench.store.load()).toMatchObject({ status: "active" });
    expect(bench.events).not.toContain("connector.reconnect_required");

    await using restarted = await openBench([grants(2)]);
    const client = new OAuthClient({ ...restarted, clock: bench.clock });
    bench.clock.advance(2000);
    expect((await bench.another({ client }).accessToken()).version).toBe(2);
  });
});
