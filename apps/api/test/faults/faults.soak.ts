import { afterAll, beforeAll, describe, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { Choices } from "./support/choices.js";
import { FaultBench } from "./support/fault-bench.js";
import { type Ending, type FaultName, faultRounds } from "./support/fault-rounds.js";
import type { TokenProcess } from "./support/start-token-process.js";

const rounds = Number(process.env.SOAK_ROUNDS ?? 1_000);
const firstSeed = Number(process.env.SOAK_SEED ?? 1);
const names = Object.keys(faultRounds) as FaultName[];

describe("SEC-002 a renewal ends with a connector that works, or with a person who is told", () => {
  const get = useServerDatabase();
  let bench: FaultBench;
  let survivor: TokenProcess;
  const endings = new Map<FaultName, Record<Ending, number>>();

  beforeAll(async () => {
    bench = await FaultBench.open(get());
    survivor = await bench.start();
  });
  afterAll(async () => {
    await survivor.kill();
    await bench.close();
    const lines = [...endings].map(
      ([name, counts]) =>
        `| ${name} | ${counts.works + counts["needs a person"]} | ${counts.works} | ${counts["needs a person"]} |`,
    );
    process.stdout.write(`\n| fault | rounds | works | a person is told |\n|-|-|-|-|\n${lines.sort().join("\n")}\n`);
  });

  it(`${rounds} rounds, from seed ${firstSeed}`, async () => {
    for (let seed = firstSeed; seed < firstSeed + rounds; seed += 1) {
      const choices = new Choices(seed);
      const name = choices.pick(names);
      const ending = await faultRounds[name]({ bench, survivor, choices }).catch((cause: unknown) => {
        throw new Error(`Round ${seed} (${name}) failed. Again: SOAK_SEED=${seed} SOAK_ROUNDS=1`, { cause });
      });
      const counts = endings.get(name) ?? { works: 0, "needs a person": 0 };
      counts[ending] += 1;
      endings.set(name, counts);
    }
  });
});
