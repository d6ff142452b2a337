import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/index.js";

describe("systemClock.sleep", () => {
  it("throws the reason of a signal that comes first, also of one that has come already", async () => {
    const reason = new Error("enough");
    const ending = new AbortController();
    const sleeping = systemClock.sleep(60_000, ending.signal);
    ending.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(60_000, ending.signal)).rejects.toBe(reason);
  });
});
