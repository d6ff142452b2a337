/**
 * Works on what a source gives, at most `concurrency` at once, and hands the results out in the source's order. Takes from
 * the source no faster than the results are read.
 *
 * A source that fails, or a reader that stops, ends the taking; what is at work is waited for. Before the source's failure
 * is thrown, the results of what it gave are handed out.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const items = source[Symbol.asyncIterator]();
  const atWork: Promise<Result>[] = [];
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  try {
    while (true) {
      while (!isOver && atWork.length < concurrency) {
        const step = await items.next().catch((error: unknown) => {
          failure = { error };
          return { done: true, value: undefined } as const;
        });
        if (step.done) isOver = true;
        else atWork.push(settledLater(work(step.value)));
      }
      const next = atWork.shift();
      if (next === undefined) break;
      yield await next;
    }
    if (failure) throw failure.error;
  } finally {
    await Promise.allSettled(atWork);
    if (!isOver) await items.return?.();
  }
}

/** A failure is thrown in its turn. Until then it must not count as one that nobody handles, which ends the process. */
function settledLater<Result>(result: Promise<Result>): Promise<Result> {
  result.catch(() => undefined);
  return result;
}
