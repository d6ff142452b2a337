/** A small repeatable source of choices: the same seed always tells the same story. */
export interface PseudoRandom {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** One of `items`. @throws {RangeError} when there are none. */
  pick<Item>(items: readonly Item[]): Item;
  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean;
}

/** The mulberry32 generator: 32 bits of state, good enough to mix names. */
export function createPseudoRandom(seed: number): PseudoRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    between,
    pick: (items) => {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new RangeError("Nothing to pick from.");
      return item;
    },
    chance: (percent) => next() * 100 < percent,
  };
}
