import { expect, it } from "vitest";
import { Choices } from "../faults/support/choices.js";
import { useServerDatabase } from "../support/server-database.js";
import { openRoundBench } from "./round-bench.js";
import { playRound } from "./rounds.js";

const get = useServerDatabase();
const rounds = Number(process.env.SOAK_ROUNDS ?? 2_000);
const firstSeed = Number(process.env.SOAK_SEED ?? 1_000);

it(`${rounds} requests with a key have one effect at the most, in whatever order they come and are cut`, async () => {
  await using bench = await openRoundBench(get());
  const endings = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + rounds; seed += 1) {
    const ending = await playRound(bench, new Choices(seed)).catch((cause: unknown) => {
      throw new Error(`Round ${seed} failed. Again: SOAK_SEED=${seed} SOAK_ROUNDS=1`, { cause });
    });
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }
  process.stdout.write(`${JSON.stringify(Object.fromEntries(endings))}\n`);
  expect(endings.size).toBeGreaterThan(1);
});
