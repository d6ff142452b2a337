/** So much work at once, and a way to wait for room. */
export class Slots {
  /** How much may be under way at once. */
  readonly total: number;
  #taken = 0;
  #change: PromiseWithResolvers<void> | undefined;

  constructor(total: number) {
    this.total = total;
  }

  /** How many are free now. */
  get free(): number {
    return this.total - this.#taken;
  }

  /** Takes a slot until `work`, which never throws, has ended. */
  fill(work: Promise<void>): void {
    this.#taken += 1;
    void work.finally(() => {
      this.#taken -= 1;
      this.#change?.resolve();
      this.#change = undefined;
    });
  }

  /** Waits until some of the work under way has ended; for ever where there is none. */
  untilOneEnds(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  /** Waits until so many are free. Default: all, so that nothing is under way. */
  async untilFree(slots: number = this.total): Promise<void> {
    while (this.free < slots) await this.untilOneEnds();
  }
}
