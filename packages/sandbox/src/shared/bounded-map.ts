/**
 * A map that forgets its oldest entry when it is full.
 *
 * A sandbox may run for weeks beside a developer's service; nothing it remembers may grow without end.
 */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #capacity: number;
  readonly #onForget: ((key: Key, value: Value) => void) | undefined;

  /**
   * @param capacity - Entries kept at most.
   * @param onForget - Told of each entry that was dropped to make room, not of those deleted on purpose.
   */
  constructor(capacity: number, onForget?: (key: Key, value: Value) => void) {
    this.#capacity = capacity;
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    while (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries;
      if (oldest === undefined) return;
      this.#entries.delete(oldest[0]);
      this.#onForget?.(oldest[0], oldest[1]);
    }
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries();
  }
}
