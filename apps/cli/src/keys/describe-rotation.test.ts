import { describe, expect, it } from "vitest";
import type { Rotation } from "../answers.js";
import { describeRotation, drawRotation } from "./describe-rotation.js";

const running: Rotation = {
  id: "r1",
  dataKeys: true,
  keyEncryptionKeyId: "k2",
  status: "running",
  progress: { dataKeys: { done: 4, failed: 0, total: 4 }, values: { done: 1, failed: 0, total: 6 } },
  failure: null,
  waiting: null,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
};

describe("a rotation in one line", () => {
  it("draws a bar over keys and values together", () => {
    expect(drawRotation(running, 10)).toBe("[#####-----] running: 4 of 4 data keys, 1 of 6 values");
  });

  it("draws a bar that is never longer than it may be, and full where there is nothing to do", () => {
    const grown = { ...running, progress: { ...running.progress, values: { done: 60, failed: 0, total: 6 } } };
    expect(drawRotation(grown, 10)).toContain("[##########]");
    const none = { done: 0, failed: 0, total: 0 };
    expect(drawRotation({ ...running, progress: { dataKeys: none, values: none } }, 4)).toContain("[####]");
  });

  it("tells the last failure in words, but not beside the bar, which has to stay short", () => {
    const failed = { ...running, failure: { code: "SEALED_VALUE_UNREADABLE", detail: "A long story." } };
    expect(describeRotation(failed)).toContain("last failure SEALED_VALUE_UNREADABLE: A long story.");
    expect(drawRotation(failed)).not.toContain("story");
  });

  it("says which key it is to, and what it waits for", () => {
    const waiting = { code: "KEY_UNAVAILABLE", detail: "Away.", until: "2026-01-01T00:01:00.000Z" };
    expect(describeRotation({ ...running, waiting })).toBe(
      "running, to k2: 4 of 4 data keys, 1 of 6 values, waiting until 2026-01-01T00:01:00.000Z, KEY_UNAVAILABLE: Away.",
    );
    expect(describeRotation({ ...running, waiting: { ...waiting, until: null } })).toContain(
      "waiting, KEY_UNAVAILABLE: Away.",
    );
    expect(drawRotation({ ...running, waiting })).toContain("1 of 6 values, waiting (KEY_UNAVAILABLE)");
  });
});
