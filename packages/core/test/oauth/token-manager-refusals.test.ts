import { describe, expect, it } from "vitest";
import { failureOf } from "../support/oauth-bench.js";
import { grants, openTokenBench, storedTokens } from "../support/token-bench.js";

const script = [grants(2), grants(3), grants(4), grants(5)];

describe("TokenManager with a vendor that refuses every token", () => {
  it("renews once, then says AUTHENTICATION_FAILED for half a minute, however many calls are refused", async () => {
    await using bench = await openTokenBench(script);
    const { manager, clock, server } = bench;
    expect(await manager.accessToken({ notVersion: 1 })).toMatchObject({ version: 2 });
    for (let call = 0; call < 10; call += 1) {
      expect(await manager.accessToken()).toMatchObject({ version: 2 });
      expect(await failureOf(manager.accessToken({ notVersion: 2 }))).toMatchObject({ code: "AUTHENTICATION_FAILED" });
      clock.advance(2900);
    }
    expect(server.seen).toHaveLength(1);
    clock.advance(1000);
    expect(await manager.accessToken({ notVersion: 2 })).toMatchObject({ version: 3 });
    expect(await failureOf(manager.accessToken({ notVersion: 3 }))).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(server.seen).toHaveLength(2);
  });

  it("holds back also what another process has renewed in the place of a refused token", async () => {
    await using bench = await openTokenBench(script);
    const [one, two] = [bench.another(), bench.another()];
    await Promise.all([one.accessToken(), two.accessToken()]);
    await one.accessToken({ notVersion: 1 });
    expect(await two.accessToken({ notVersion: 1 })).toMatchObject({ version: 2 });
    for (const manager of [one, two]) {
      expect(await failureOf(manager.accessToken({ notVersion: 2 }))).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    }
    expect(bench.server.seen).toHaveLength(1);
  });

  it("takes a newer token at once: from a person who connected again, or from another process", async () => {
    await using bench = await openTokenBench(script);
    const { manager, clock } = bench;
    await manager.accessToken({ notVersion: 1 });
    await bench.another().accept(storedTokens(clock.now(), { accessToken: "fresh" }));
    expect(await manager.accessToken({ notVersion: 2 })).toMatchObject({ value: "fresh", version: 3 });
  });

  it("does not keep anybody from renewing on purpose", async () => {
    await using bench = await openTokenBench(script);
    await bench.manager.accessToken({ notVersion: 1 });
    expect(await bench.manager.refreshNow()).toMatchObject({ version: 3 });
    expect(await bench.manager.accessToken({ notVersion: 3 })).toMatchObject({ version: 4 });
  });

  it("renews a token at its first refusal, however young it is", async () => {
    await using bench = await openTokenBench(script, { tokens: { expiresAtMs: 0 } });
    expect(await bench.manager.accessToken()).toMatchObject({ version: 2 });
    expect(await bench.manager.accessToken({ notVersion: 2 })).toMatchObject({ version: 3 });
  });
});
