/** The same numbers in every run with one seed, so that a failure can be looked at. */
export interface SeededRandom {
  /** From 0 to 1. */
  next(): number;
  /** From 0 to `below` - 1. */
  int(below: number): number;
  /** True as often as `probability` says. */
  chance(probability: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
  uuid(): string;
}

/** Numbers by the algorithm mulberry32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  const hex = (digits: number) => Array.from({ length: digits }, () => int(16).toString(16)).join("");
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick<Value>(values: readonly Value[]): Value {
      return values[int(values.length)] as Value;
    },
    uuid: () => `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}
