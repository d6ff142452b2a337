/**
 * Starts of runs that are under way in this process. A server that closes its connections does not wait for them, but the
 * database has to: what such a start had made at the vendor is ended by what it stores last.
 */
export class RunStarts {
  readonly #underWay = new Set<Promise<unknown>>();

  /** Remembers a start until it has ended. @returns what it ends with. */
  async track<Result>(start: Promise<Result>): Promise<Result> {
    this.#underWay.add(start);
    try {
      return await start;
    } finally {
      this.#underWay.delete(start);
    }
  }

  /** Waits until every start that is under way now has ended, however it ends. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}
