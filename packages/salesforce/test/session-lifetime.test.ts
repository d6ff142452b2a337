import type { SalesforceSandbox } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

const minuteMs = 60_000;
let sandbox: SalesforceSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

afterAll(() => sandbox.close());

/** Minutes after which the first call asks for a new token; `undefined` when none does so within three hours. */
async function minutesUntilRenewal(sessionLifetimeMs?: number): Promise<number | undefined> {
  const clock = new FakeClock();
  const connector = await connectedTo(sandbox, { clock, ...(sessionLifetimeMs && { sessionLifetimeMs }) });
  for (let minutes = 0; minutes < 180; minutes += 1) {
    await connector.versions();
    if (sandbox.requests({ path: "/services/oauth2/token" }).length > 0) {
      await connector.close();
      return minutes;
    }
    clock.advance(minuteMs);
  }
  await connector.close();
  return undefined;
}

it("renews the token some five minutes before the session lifetime that is configured", async () => {
  const minutes = await minutesUntilRenewal(30 * minuteMs);
  expect(minutes).toBeGreaterThanOrEqual(23);
  expect(minutes).toBeLessThanOrEqual(27);
});

it("assumes two hours when none is configured", async () => {
  const minutes = await minutesUntilRenewal();
  expect(minutes).toBeGreaterThanOrEqual(113);
  expect(minutes).toBeLessThanOrEqual(120);
});
