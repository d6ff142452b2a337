/** Items, and the way to ask for the next one before the one at hand is done with. */
export interface ReadAhead<Item> {
  readonly items: AsyncGenerator<Item, void, undefined>;
  /** Asks for the next item; once for each. It is asked for in any case when the one at hand is done with. */
  ask(): void;
}

/**
 * Gives what `source` gives, and lets whoever works on an item say when to ask for the next one: once the database has its work, so that
 * it and the vendor work side by side. Asked before, what is read of a batch would keep the process from sending it. At most one item
 * waits. What fails is thrown in its turn, after the items before it.
 *
 * @param leave - Ends the asking for an item that nobody wants any more.
 */
export function readAhead<Item>(source: AsyncIterable<Item>, leave: () => void): ReadAhead<Item> {
  const iterator = source[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<Item>> | undefined;
  const ask = () => {
    next ??= iterator.next();
    // It is awaited in its turn; until then its failure is nobody's.
    next.catch((error: unknown) => error);
    return next;
  };
  return { items: take(ask), ask };

  async function* take(asked: () => Promise<IteratorResult<Item>>): AsyncGenerator<Item, void, undefined> {
    try {
      for (;;) {
        const { done, value } = await asked();
        if (done === true) return;
        next = undefined;
        yield value;
      }
    } finally {
      leave();
      await iterator.return?.();
    }
  }
}
