import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FuzzGround, startFuzzing } from "../support/fuzz/fuzz-ground.js";
import { useServerDatabase } from "../support/server-database.js";

describe("the API under very many requests made from its own document", () => {
  const get = useServerDatabase();
  let ground: FuzzGround;

  beforeAll(async () => {
    ground = await startFuzzing(get());
  });
  afterAll(() => ground?.close());

  // Other seeds by the day, so that every night asks something new; the name tells which, to ask it again.
  const first = Math.floor(Date.now() / 86_400_000) * 10;
  it.each(Array.from({ length: 10 }, (_, index) => first + index))("fails nowhere with the seed %i", async (seed) => {
    const report = await ground.run({ seed, requests: 5_000 });
    expect(report.faults.join("\n\n")).toBe("");
    await ground.expectNoLeak(report);
    expect(report.called.size).toBeGreaterThan(75);
    expect(report.succeeded.size).toBeGreaterThan(50);
  });
});
