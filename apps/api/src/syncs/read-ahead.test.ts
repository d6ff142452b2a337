import { describe, expect, it } from "vitest";
import { readAhead } from "./read-ahead.js";

describe("reading ahead", () => {
  /** Gives 1 to `count`, then fails where it is to; notes what it is asked for. */
  async function* numbers(count: number, asked: (number | string)[], fails = false) {
    try {
      for (let number = 1; number <= count; number += 1) {
        asked.push(number);
        yield number;
      }
      if (fails) throw new Error("away");
    } finally {
      asked.push("closed");
    }
  }

  it("asks for one item more when whoever works on one says so, and gives all in order", async () => {
    const asked: (number | string)[] = [];
    const seen: unknown[] = [];
    const { items, ask } = readAhead(numbers(3, asked), () => undefined);
    for await (const number of items) {
      expect(asked).toHaveLength(number);
      ask();
      ask();
      seen.push([number, [...asked]]);
    }
    expect(seen).toEqual([
      [1, [1, 2]],
      [2, [1, 2, 3]],
      [3, [1, 2, 3, "closed"]],
    ]);
  });

  it("throws after the items before the failure", async () => {
    const seen: number[] = [];
    const reading = async () => {
      const { items, ask } = readAhead(numbers(2, [], true), () => undefined);
      for await (const number of items) {
        seen.push(number);
        ask();
      }
    };
    await expect(reading()).rejects.toThrow("away");
    expect(seen).toEqual([1, 2]);
  });

  it("closes what it reads when nobody wants more", async () => {
    const asked: (number | string)[] = [];
    const { items, ask } = readAhead(numbers(9, asked), () => asked.push("left"));
    for await (const _ of items) {
      ask();
      break;
    }
    expect(asked).toEqual([1, 2, "left", "closed"]);
  });
});
