import { createHash } from "node:crypto";

/** Choices that the same seed always makes alike. */
export class Choices {
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A whole number from 0 to `end`, without it. */
  below(end: number): number {
    const digest = createHash("sha256")
      .update(`${this.#seed}:${this.#count++}`)
      .digest();
    return digest.readUInt32BE(0) % end;
  }

  /** One of `items`. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("Nothing to pick from.");
    return item;
  }
}
