import { expect, it } from "vitest";
import { Choices } from "../faults/support/choices.js";
import { useServerDatabase } from "../support/server-database.js";
import { openRoundBench } from "./round-bench.js";
import { playRound } from "./rounds.js";

const get = useServerDatabase();

// In the last five the process dies when the vendor has done the work and nobody knows: OUTCOME_UNKNOWN.
const seeds = [1, 2, 3, 4, 12, 24, 32, 38, 57, 73];

// A few seeded rounds; `pnpm test:soak` has two thousand of them.
it("a request with a key has one effect at the most, in whatever order it comes and is cut", async () => {
  await using bench = await openRoundBench(get());
  const endings = new Set<string>();
  for (const seed of seeds) endings.add(await playRound(bench, new Choices(seed)));
  expect(endings).toContain("success");
  expect(endings).toContain("OUTCOME_UNKNOWN");
});
