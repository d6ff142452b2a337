import { describe, expect, it } from "vitest";
import { type ItemSource, PullIterator } from "./pull-iterator.js";

/** A source that is filled with one list after the other; `ended` tells whether it was let go of. */
function sourceOf(lists: readonly (readonly number[])[], failure?: Error) {
  const seen = { ended: false };
  async function* fill(): AsyncGenerator<ItemSource<number>, void> {
    try {
      for (const list of lists) {
        const left = [...list];
        yield {
          next: () => {
            const item = left.shift();
            if (item === -1 && failure) throw failure;
            return item;
          },
        };
      }
    } finally {
      seen.ended = true;
    }
  }
  return { seen, items: new PullIterator(fill()) };
}

describe("PullIterator", () => {
  it("gives the items of all sources in order, empty ones passed over", async () => {
    const { items, seen } = sourceOf([[1, 2], [], [], [3]]);
    const found: number[] = [];
    for await (const item of items) found.push(item);
    expect(found).toEqual([1, 2, 3]);
    expect(seen.ended).toBe(true);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it("answers calls that do not wait for each other in their order", async () => {
    const { items } = sourceOf([[1], [2, 3], [4]]);
    const steps = await Promise.all(Array.from({ length: 6 }, () => items.next()));
    expect(steps.map(({ value }) => value)).toEqual([1, 2, 3, 4, undefined, undefined]);
  });

  it("lets go of its source when its reader stops", async () => {
    const { items, seen } = sourceOf([[1, 2, 3]]);
    for await (const _item of items) break;
    expect(seen.ended).toBe(true);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it.each([
    ["first", [[-1]]],
    ["later", [[1, 2, -1, 3]]],
  ])("lets go of its source when the %s item cannot be made, and ends", async (_which, lists) => {
    const failure = new Error("broken");
    const { items, seen } = sourceOf(lists, failure);
    const read = async () => {
      for await (const _item of items);
    };
    await expect(read()).rejects.toBe(failure);
    expect(seen.ended).toBe(true);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });
});
