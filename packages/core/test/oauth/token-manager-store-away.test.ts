import { describe, expect, it } from "vitest";
import { ConnectorError, TransientError } from "../../src/errors/index.js";
import { failureOf } from "../support/oauth-bench.js";
import { grants, openFaultyBench } from "../support/token-bench.js";

const minute = 60_000;
const away = { message: "The storage is away (load)" };

describe("TokenManager while the store is away", () => {
  it("goes on serving a token until its stated expiry, and no longer", async () => {
    await using opened = await openFaultyBench([grants(2)]);
    const { bench, faulty } = opened;
    await bench.manager.accessToken();
    faulty.failures.load = Number.POSITIVE_INFINITY;
    faulty.failures.begin = Number.POSITIVE_INFINITY;
    for (let passed = 1; passed < 60; passed += 1) {
      bench.clock.advance(minute);
      expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
      await bench.manager.settle();
    }
    bench.clock.advance(minute);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ message: expect.stringContaining("away") });
    expect(bench.server.seen).toHaveLength(0);
  });

  it("asks the store every five seconds then, not with each call", async () => {
    await using opened = await openFaultyBench([grants(2)]);
    const { bench, faulty } = opened;
    await bench.manager.accessToken();
    bench.clock.advance(minute);
    faulty.failures.load = 1000;
    for (let second = 0; second < 20; second += 1) {
      for (let call = 0; call < 10; call += 1) await bench.manager.accessToken();
      bench.clock.advance(1000);
    }
    expect(1000 - faulty.failures.load).toBe(4);
  });

  it("notices within those seconds that the store is back and the connection is gone", async () => {
    await using opened = await openFaultyBench([grants(2)]);
    const { bench, faulty } = opened;
    await bench.manager.accessToken();
    bench.clock.advance(minute);
    faulty.failures.load = 1;
    await bench.manager.accessToken();
    await faulty.below.clear();
    bench.clock.advance(5000);
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "RECONNECT_REQUIRED" });
  });

  it("raises the store's failure for a token that the vendor refused, and where nothing is known yet", async () => {
    await using opened = await openFaultyBench([grants(2)]);
    const { bench, faulty } = opened;
    faulty.failures.load = 1;
    expect(await failureOf(bench.manager.accessToken())).toMatchObject(away);
    await bench.manager.accessToken();
    bench.clock.advance(minute);
    faulty.failures.load = 1;
    expect(await failureOf(bench.manager.accessToken({ notVersion: 1 }))).toMatchObject(away);
  });

  it.each([
    [new ConnectorError("SEALED_VALUE_UNREADABLE", "The stored value does not open."), false],
    [new ConnectorError("KEY_UNAVAILABLE", "The key service is away."), true],
    [new TransientError("VENDOR_UNAVAILABLE", "The database is away."), true],
  ])("knows a store that is away from one that answers with an error: %s", async (error, isAbsence) => {
    await using opened = await openFaultyBench([grants(2)]);
    const { bench, faulty } = opened;
    await bench.manager.accessToken();
    bench.clock.advance(minute);
    faulty.failures.load = 1;
    faulty.failure = () => error;
    if (isAbsence) expect((await bench.manager.accessToken()).value).toBe("access-t0ken-1");
    else expect(await failureOf(bench.manager.accessToken())).toBe(error);
  });
});
