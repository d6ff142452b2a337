import { describe, expect, it } from "vitest";
import type { HealthFacts, HealthLimits } from "../repositories/index.js";
import { assess } from "./assess.js";

const now = new Date("2026-11-26T12:00:00Z");
const well: HealthFacts = {
  connection: "connected",
  token: "active",
  tokenFailures: 0,
  tokenExpiresAt: "2026-11-26T13:00:00.000Z",
  succeeded: 100,
  failed: 0,
  runFailures: 0,
  failedSchedules: 0,
  lateSeconds: 0,
};
const limit = (used: number, at = "2026-11-26T11:00:00Z"): HealthLimits => ({ "api-usage": { used, max: 100, at } });

describe("how well a connector works", () => {
  it.each<[string, Partial<HealthFacts>, HealthLimits, string | undefined, string[]]>([
    ["as it should", {}, limit(89), "healthy", []],
    ["a grant that is gone", { connection: "reconnect_required" }, {}, "reconnect_required", ["RECONNECT_REQUIRED"]],
    ["tokens that are in doubt", { token: "reconnect_required" }, {}, "reconnect_required", ["RECONNECT_REQUIRED"]],
    ["a call in ten that fails", { succeeded: 90, failed: 10 }, {}, "degraded", ["CALLS_FAIL"]],
    ["less than that", { succeeded: 91, failed: 9 }, {}, "healthy", []],
    ["every second", { succeeded: 3, failed: 3 }, {}, "failing", ["CALLS_FAIL"]],
    ["the only call", { succeeded: 0, failed: 1 }, {}, "degraded", ["CALLS_FAIL"]],
    ["one of few", { succeeded: 1, failed: 2 }, {}, "healthy", []],
    ["nothing to be seen", { succeeded: 0 }, {}, "healthy", []],
    ["one that nobody has connected", { connection: "disconnected", succeeded: 0 }, {}, undefined, []],
    ["that is late", { connection: "disconnected", succeeded: 0, lateSeconds: 300 }, {}, "degraded", ["SYNC_LATE"]],
    ["that works all the same", { connection: "disconnected", succeeded: 1 }, {}, "healthy", []],
    ["a sync that fails again and again", { runFailures: 3 }, {}, "degraded", ["SYNC_WAITS"]],
    ["for long", { runFailures: 5 }, {}, "failing", ["SYNC_WAITS"]],
    ["a sync that was given up", { failedSchedules: 1 }, {}, "degraded", ["SYNC_FAILED"]],
    ["late", { lateSeconds: 300 }, {}, "degraded", ["SYNC_LATE"]],
    ["an hour late", { lateSeconds: 3_600 }, {}, "failing", ["SYNC_LATE"]],
    ["a token that is not renewed", { tokenFailures: 3 }, {}, "degraded", ["TOKEN_NOT_RENEWED"]],
    ["and has expired", { tokenFailures: 3, tokenExpiresAt: now.toISOString() }, {}, "failing", ["TOKEN_NOT_RENEWED"]],
    ["a limit that is nearly used up", {}, limit(90), "degraded", ["LIMIT_NEAR"]],
    ["one that was so the day before", {}, limit(100, "2026-11-25T12:00:00Z"), "healthy", []],
    [
      "several, the worst first",
      { lateSeconds: 300, runFailures: 9 },
      limit(95),
      "failing",
      ["SYNC_WAITS", "SYNC_LATE", "LIMIT_NEAR"],
    ],
  ])("%s", (_, facts, limits, state, codes) => {
    const found = assess({ ...well, ...facts }, limits, now);
    expect([found.state, found.reasons.map(({ code }) => code)]).toEqual([state, codes]);
  });
});
