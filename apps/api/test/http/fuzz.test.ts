import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FuzzGround, startFuzzing } from "../support/fuzz/fuzz-ground.js";
import { useServerDatabase } from "../support/server-database.js";

describe("the API under requests made from its own document", () => {
  const get = useServerDatabase();
  let ground: FuzzGround;

  beforeAll(async () => {
    ground = await startFuzzing(get());
  });
  afterAll(() => ground?.close());

  it("fails nowhere, tells no secret and nothing of another tenant, whoever asks for whatever", {
    timeout: 240_000,
  }, async () => {
    const report = await ground.run({ seed: 7, requests: 2_000 });
    expect(report.faults.join("\n\n")).toBe("");
    await ground.expectNoLeak(report);
    // It has got deep enough to be worth something.
    expect(report.called.size).toBeGreaterThan(70);
    expect(report.succeeded.size).toBeGreaterThan(55);
  });
});
