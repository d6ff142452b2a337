import { EventBus, systemClock } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { Metrics } from "../../src/metrics/metrics.js";

const hourMs = 3_600_000;

describe("the metrics of vendors' limits", () => {
  it("leave out a connector that has told nothing for a day: another process may have deleted it", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const events = new EventBus();
    const metrics = new Metrics(events, { ...systemClock, now: () => nowMs });
    const tell = (connectorId: string) =>
      events.emit("limit.observed", {
        connection: { type: "salesforce", tenantId: "t", connectorId },
        limit: "api-usage",
        used: 1,
        max: 10,
        windowMs: 24 * hourMs,
      });
    tell("silent");
    tell("busy");
    nowMs += 20 * hourMs;
    tell("busy");
    expect(await metrics.render()).toContain('connector="silent"');
    nowMs += 5 * hourMs;
    const text = await metrics.render();
    expect(text).not.toContain('connector="silent"');
    expect(text.match(/connector="busy"/g)).toHaveLength(2);
  });
});
