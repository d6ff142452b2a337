/**
 * Gives what `source` gives, and asks for the next item while the one before is worked on: so the vendor and the database work side by
 * side. At most one item waits. What fails is thrown in its turn, after the items before it.
 *
 * @param leave - Ends the asking for an item that nobody wants any more.
 */
export async function* readAhead<Item>(
  source: AsyncIterable<Item>,
  leave: () => void,
): AsyncGenerator<Item, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const ask = () => {
    const next = iterator.next();
    // It is awaited in its turn; until then its failure is nobody's.
    next.catch((error: unknown) => error);
    return next;
  };
  let next = ask();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = ask();
      yield value;
    }
  } finally {
    leave();
    await iterator.return?.();
  }
}
