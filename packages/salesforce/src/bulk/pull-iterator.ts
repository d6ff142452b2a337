/** Items that are there already, made when they are taken. */
export interface ItemSource<Item> {
  /** The next one; `undefined` when more has to arrive first. */
  next(): Item | undefined;
}

/**
 * Items one by one out of sources that are filled again and again. By hand and not by a generator, whose `yield` is several
 * turns of the queue of promises; and each item is made when it is taken, because what waits in a batch is what V8's young
 * generation grows by (decision 016).
 */
export class PullIterator<Item> implements AsyncIterableIterator<Item, void> {
  readonly #sources: AsyncIterator<ItemSource<Item>, void>;
  #source: ItemSource<Item> | undefined;
  #isOver = false;
  /** Calls come one after the other, as those of a generator do. */
  #pending: Promise<unknown> | undefined;

  /** @param sources - Each is emptied before the next is asked for. It may be the same one, filled again. */
  constructor(sources: AsyncIterable<ItemSource<Item>, void>) {
    this.#sources = sources[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, void>> {
    if (this.#pending === undefined && this.#source !== undefined) {
      try {
        const value = this.#source.next();
        if (value !== undefined) return Promise.resolve({ done: false, value });
        this.#source = undefined;
      } catch (error) {
        return this.#afterPending(() => this.#fail(error));
      }
    }
    return this.#afterPending(() => this.#refill());
  }

  return(): Promise<IteratorResult<Item, void>> {
    return this.#afterPending(() => this.#end());
  }

  async #refill(): Promise<IteratorResult<Item, void>> {
    try {
      while (!this.#isOver) {
        const value = this.#source?.next();
        if (value !== undefined) return { done: false, value };
        const step = await this.#sources.next();
        this.#source = step.done ? undefined : step.value;
        this.#isOver = step.done === true;
      }
      return { done: true, value: undefined };
    } catch (error) {
      return await this.#fail(error);
    }
  }

  async #end(): Promise<IteratorResult<Item, void>> {
    this.#isOver = true;
    this.#source = undefined;
    await this.#sources.return?.();
    return { done: true, value: undefined };
  }

  /** What the items came from is let go of, whichever of the two failed. */
  async #fail(error: unknown): Promise<never> {
    await this.#end();
    throw error;
  }

  #afterPending<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#pending === undefined ? work() : this.#pending.then(work, work);
    const settle = () => {
      if (this.#pending === pending) this.#pending = undefined;
    };
    const pending: Promise<void> = result.then(settle, settle);
    this.#pending = pending;
    return result;
  }
}
