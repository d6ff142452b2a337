import { describe, expect, it } from "vitest";
import type { OperationRun } from "../answers.js";
import { describeRun, drawRun } from "./describe-run.js";

const running: OperationRun = {
  id: "r1",
  connectorId: "c1",
  operation: "rows.load",
  status: "running",
  progress: { processed: 25, failed: 0, total: 100 },
  error: null,
  createdAt: "2026-01-01T00:00:00.000Z",
  endedAt: null,
};

describe("an operation run in one line", () => {
  it("draws a bar over its records", () => {
    expect(drawRun(running, 8)).toBe("[##------] running: 25 of 100 records");
  });

  it("draws no bar while nobody knows how much there is to do", () => {
    expect(drawRun({ ...running, progress: { processed: 25, failed: 0, total: null } })).toBe("running: 25 records");
  });

  it("tells how many records were refused, and what it waits for in words", () => {
    const error = { code: "RATE_LIMITED", detail: "A long story." };
    const refused = { ...running, progress: { processed: 25, failed: 3, total: 100 }, error };
    expect(describeRun(refused)).toBe(
      "r1 rows.load running: 25 of 100 records (3 refused), RATE_LIMITED: A long story.",
    );
    expect(drawRun(refused, 8)).toBe("[##------] running: 25 of 100 records (3 refused), waiting (RATE_LIMITED)");
  });
});
