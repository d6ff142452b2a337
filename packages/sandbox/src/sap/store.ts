/** What happened to a record of a store. */
export interface StoreChange<Item> {
  kind: "created" | "changed" | "removed";
  /** As it is now; of a removed one, as it was last. */
  record: Readonly<Item>;
}

/** Records of a kind that are kept at most; a sandbox may run for weeks. */
export const mostRecords = 20_000;

/** Plain records in memory by one text key; others see copies, so that only `create`, `change` and `remove` change them. */
export class Store<Item extends object> {
  #records = new Map<string, Item>();
  #held: StoreChange<Item>[] | undefined;
  readonly #listeners = new Set<(change: StoreChange<Item>) => void>();
  readonly #keyOf: (item: Item) => string;
  readonly #capacity: number;

  /**
   * @param capacity - Records kept at most.
   */
  constructor(keyOf: (item: Item) => string, capacity = mostRecords) {
    this.#keyOf = keyOf;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#records.size;
  }

  /** @throws {Error} when the key is taken or the store is full. */
  create(item: Item): Readonly<Item> {
    const key = this.#keyOf(item);
    if (this.#records.has(key)) throw new Error(`There is a record ${key} already.`);
    if (this.#records.size >= this.#capacity) throw new Error(`The sandbox keeps ${this.#capacity} records of a kind.`);
    return this.#put(key, structuredClone(item), "created");
  }

  /** A copy of the record, or `undefined` where there is none. */
  read(key: string): Item | undefined {
    const found = this.#records.get(key);
    return found === undefined ? undefined : structuredClone(found);
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  /** Copies of all records, in the order of their creation. */
  list(): Item[] {
    return [...this.#records.values()].map((item) => structuredClone(item));
  }

  /** @throws {Error} when there is no such record, or its key would change. */
  change(key: string, changes: Partial<Item>): Readonly<Item> {
    const found = this.#records.get(key);
    if (found === undefined) throw new Error(`There is no record ${key}.`);
    const changed = { ...found, ...structuredClone(changes) };
    if (this.#keyOf(changed) !== key) throw new Error(`The key of ${key} cannot change.`);
    return this.#put(key, changed, "changed");
  }

  /** @returns whether there was one. */
  remove(key: string): boolean {
    const found = this.#records.get(key);
    if (found === undefined) return false;
    this.#records.delete(key);
    this.#tell({ kind: "removed", record: found });
    return true;
  }

  /** Calls `listener` after every change. @returns how to stop. */
  onChange(listener: (change: StoreChange<Item>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Begins a unit of work: listeners hear of its changes when it is released, and nothing of it stays when it is undone.
   * It must end before anything else happens, so keep it within one synchronous step.
   */
  hold(): { release(): void; undo(): void } {
    const before = new Map(this.#records);
    const held: StoreChange<Item>[] = [];
    this.#held = held;
    return {
      release: () => {
        this.#held = undefined;
        for (const change of held) this.#tell(change);
      },
      undo: () => {
        this.#held = undefined;
        this.#records = before;
      },
    };
  }

  /** Empties the store and tells nobody: that is what a reset does. */
  clear(): void {
    this.#records.clear();
  }

  #put(key: string, item: Item, kind: "created" | "changed"): Readonly<Item> {
    this.#records.set(key, item);
    this.#tell({ kind, record: item });
    return structuredClone(item);
  }

  #tell(change: StoreChange<Item>): void {
    if (this.#held === undefined) for (const listener of this.#listeners) listener(structuredClone(change));
    else this.#held.push(structuredClone(change));
  }
}
