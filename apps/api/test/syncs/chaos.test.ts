import { LocalKeyring } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { runChaos } from "./chaos/chaos-round.js";

describe("syncs while everything goes wrong", () => {
  const get = useServerDatabase();

  it("store exactly what the vendor has, and tell each version once", { timeout: 120_000 }, async () => {
    const size = { processes: 2, connectors: 3, records: 200, pageSize: 10 };
    const trouble = { runLeaseMs: 1_500, killEveryMs: 500, kills: 2 };
    const report = await runChaos(get(), { seed: 1, keys: LocalKeyring.generate(), ...size, ...trouble });
    expect(report.kills).toBeGreaterThanOrEqual(2);
    expect(report.troubles).toBeGreaterThan(0);
    expect(report.events).toBeGreaterThanOrEqual(600);
  });
});
