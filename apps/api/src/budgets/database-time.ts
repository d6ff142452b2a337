const samples = 8;

/**
 * Tells the database's time by the process's own clock. An answer has come some time after the database wrote it, so the one
 * that came soonest of the last few tells best. Only the last few: either clock may be set.
 */
export class DatabaseTime {
  readonly #aheadMs: number[] = [];

  /** An answer that the database wrote at `databaseMs` came at `receivedAtMs`, of our clock. */
  observe(databaseMs: number, receivedAtMs: number): void {
    this.#aheadMs.push(receivedAtMs - databaseMs);
    if (this.#aheadMs.length > samples) this.#aheadMs.shift();
  }

  /** The moment by our clock. */
  toLocal(databaseMs: number): number {
    return databaseMs + Math.min(...this.#aheadMs);
  }
}
