import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { Choices } from "./support/choices.js";
import { FaultBench } from "./support/fault-bench.js";
import { renewEverywhere } from "./support/renew-everywhere.js";

describe("SEC-002 eight processes and two hundred connectors whose tokens have ended", () => {
  const get = useServerDatabase();
  let bench: FaultBench;

  beforeAll(async () => {
    bench = await FaultBench.open(get());
  });
  afterAll(() => bench.close());

  it("renew each token once, and every operation that waits for it succeeds", async () => {
    const choices = new Choices(8);
    bench.vendor.delay = () => delay(choices.below(2_000));
    const { results, grants } = await renewEverywhere(bench, { processes: 8, connectors: 200 });
    expect(new Set(results)).toEqual(new Set(["ok"]));
    expect(results).toHaveLength(1_600);
    expect(grants.filter(({ accepted, reused }) => accepted !== 1 || reused !== 0)).toEqual([]);
  }, 60_000);
});
