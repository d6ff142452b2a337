import { LocalKeyring } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { runChaos } from "./chaos/chaos-round.js";

const rounds = Number(process.env.SOAK_CHAOS ?? 1);

describe("four workers, twenty connectors of ten thousand records, one worker killed every two seconds", () => {
  const get = useServerDatabase();

  it.each(Array.from({ length: rounds }, (_, index) => index + 1))("round %i", { timeout: 900_000 }, async (seed) => {
    const size = { processes: 4, connectors: 20, records: 10_000, pageSize: 500 };
    const trouble = { runLeaseMs: 5_000, killEveryMs: 2_000, kills: 10 };
    const report = await runChaos(get(), { seed, keys: LocalKeyring.generate(), ...size, ...trouble });
    process.stdout.write(`${JSON.stringify({ seed, ...report })}\n`);
    expect(report.events).toBeGreaterThanOrEqual(200_000);
  });
});
