/**
 * Items one by one out of batches. By hand and not by a generator: a generator's `yield` is several turns of the queue of
 * promises, which at a million rows is more than parsing them (decision 016).
 */
export class BatchIterator<Item> implements AsyncIterableIterator<Item, void> {
  readonly #batches: AsyncIterator<readonly Item[], void>;
  #batch: readonly Item[] = [];
  #position = 0;
  #isOver = false;
  /** Calls of `next` come one after the other, as those of a generator do. */
  #pending: Promise<unknown> | undefined;

  constructor(batches: AsyncIterable<readonly Item[], void>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, void>> {
    if (this.#pending === undefined && this.#position < this.#batch.length) return Promise.resolve(this.#take());
    return this.#afterPending(() => this.#refill());
  }

  return(): Promise<IteratorResult<Item, void>> {
    return this.#afterPending(async () => {
      this.#isOver = true;
      this.#batch = [];
      this.#position = 0;
      await this.#batches.return?.();
      return { done: true, value: undefined };
    });
  }

  #take(): IteratorResult<Item, void> {
    const value = this.#batch[this.#position] as Item;
    this.#position += 1;
    return { done: false, value };
  }

  async #refill(): Promise<IteratorResult<Item, void>> {
    while (this.#position >= this.#batch.length) {
      if (this.#isOver) return { done: true, value: undefined };
      // Not held while the next one is waited for.
      this.#batch = [];
      this.#position = 0;
      try {
        const step = await this.#batches.next();
        if (step.done) this.#isOver = true;
        else this.#batch = step.value;
      } catch (error) {
        this.#isOver = true;
        throw error;
      }
    }
    return this.#take();
  }

  #afterPending<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#pending === undefined ? work() : this.#pending.then(work, work);
    const pending: Promise<void> = result.then(
      () => this.#settle(pending),
      () => this.#settle(pending),
    );
    this.#pending = pending;
    return result;
  }

  #settle(pending: Promise<unknown>): void {
    if (this.#pending === pending) this.#pending = undefined;
  }
}
