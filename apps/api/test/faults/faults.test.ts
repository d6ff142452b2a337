import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { Choices } from "./support/choices.js";
import { FaultBench } from "./support/fault-bench.js";
import { type FaultName, faultRounds } from "./support/fault-rounds.js";
import type { TokenProcess } from "./support/start-token-process.js";

// One seeded round of each fault; `pnpm test:soak` has a thousand of them.
describe("SEC-002 a renewal ends with a connector that works, or with a person who is told", () => {
  const get = useServerDatabase();
  let bench: FaultBench;
  let survivor: TokenProcess;

  beforeAll(async () => {
    bench = await FaultBench.open(get());
    survivor = await bench.start();
  });
  afterAll(async () => {
    await survivor.kill();
    await bench.close();
  });

  const names = Object.keys(faultRounds) as FaultName[];
  it.each(names)("%s", async (name) => {
    expect(await faultRounds[name]({ bench, survivor, choices: new Choices(names.indexOf(name)) })).toMatch(
      /works|person/,
    );
  });
});
