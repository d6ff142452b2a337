/** For how long after its event a delivery is tried. */
export const deliveryLivesMs = 24 * 3_600_000;

/** Landings of one statement. */
const batchSize = 100;

/** Stores what became of deliveries: those that end while a statement is under way go with the next one, all at once. */
export class LandingDesk<Landing> {
  readonly #store: (landings: readonly Landing[]) => Promise<unknown>;
  #waiting: { readonly landing: Landing; readonly done: PromiseWithResolvers<void> }[] = [];
  #working = false;

  /** @param store - Stores so many as are given, or none. */
  constructor(store: (landings: readonly Landing[]) => Promise<unknown>) {
    this.#store = store;
  }

  /**
   * Stores what became of one.
   *
   * @throws {DatabaseUnavailableError} It is tried again when its lease is over.
   */
  land(landing: Landing): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ landing, done });
    if (!this.#working) void this.#work();
    return done.promise;
  }

  /** Never throws: whoever waits is told. */
  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchSize);
      this.#waiting = this.#waiting.slice(batchSize);
      try {
        await this.#store(batch.map(({ landing }) => landing));
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#working = false;
  }
}
