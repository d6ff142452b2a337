import { describe, expect, it } from "vitest";
import { mapConcurrently } from "../src/concurrently.js";

describe("mapConcurrently", () => {
  it("works at as many items as it may at once, and answers in their order", async () => {
    let atWork = 0;
    let most = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, ++atWork);
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      atWork -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it("begins nothing more after a failure, and throws it", async () => {
    const begun: number[] = [];
    const work = mapConcurrently([1, 2, 3, 4], 1, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    expect(begun).toEqual([1, 2]);
  });
});
