import { describe, expect, it } from "vitest";
import { inOrder } from "./in-order.js";

/** Work that ends when the test says so. */
function manualWork() {
  const ends = new Map<number, () => void>();
  const work = (item: number) => new Promise<number>((resolve) => ends.set(item, () => resolve(item)));
  return { ends, work };
}

async function* numbers(count: number, taken: number[] = []) {
  for (let number = 1; number <= count; number += 1) {
    taken.push(number);
    yield number;
  }
}

describe("inOrder", () => {
  it("hands results out in the order of the source, whichever is done first", async () => {
    const { ends, work } = manualWork();
    const results = Array.fromAsync(inOrder(numbers(3), 3, work));
    await expect.poll(() => ends.size).toBe(3);
    for (const item of [3, 1, 2]) ends.get(item)?.();
    expect(await results).toEqual([1, 2, 3]);
  });

  it("takes no more from the source than is at work", async () => {
    const taken: number[] = [];
    const results = inOrder(numbers(9, taken), 2, async (item) => item);
    await results.next();
    expect(taken).toEqual([1, 2]);
    await results.return();
    expect(taken).toEqual([1, 2]);
  });

  it("throws the source's failure after the results of what it gave", async () => {
    async function* failing() {
      yield 1;
      throw new Error("The file ended.");
    }
    const results = inOrder(failing(), 4, async (item) => item);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    await expect(results.next()).rejects.toThrow("The file ended.");
  });

  it("waits for what is at work when the reader stops", async () => {
    const { ends, work } = manualWork();
    const results = inOrder(numbers(3), 2, work);
    const first = results.next();
    await expect.poll(() => ends.size).toBe(2);
    ends.get(1)?.();
    await first;
    let isOver = false;
    const stopped = results.return().then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    ends.get(2)?.();
    await stopped;
  });

  it("throws a failure of the work in its turn, and lets no other end the process", async () => {
    const { ends, work } = manualWork();
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const failing = async (item: number) => {
        if (item > 1) throw new Error(`Item ${item} failed.`);
        return work(item);
      };
      const results = inOrder(numbers(3), 3, failing);
      const first = results.next();
      await expect.poll(() => ends.size).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      ends.get(1)?.();
      expect(await first).toEqual({ done: false, value: 1 });
      await expect(results.next()).rejects.toThrow("Item 2 failed.");
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});
