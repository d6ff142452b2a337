import type { Clock, Logger } from "@isthmus/core";

/** What the worker works with. */
export interface PrunerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is removed, as the log names it: `deliveries`. */
  readonly what: string;
  /** Rows of one transaction, which has to end in seconds. Default 500. */
  readonly batchSize?: number;
  /** Removes rows that have been kept long enough, `limit` at most. Gives how many. */
  readonly remove: (limit: number) => Promise<number>;
}

const everyMs = 3_600_000;

/** Removes rows that have been kept long enough. Any number of processes may do so at once. */
export class Pruner {
  readonly #options: PrunerOptions;

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  /** Prunes every hour until `signal` ends it. Never throws: what fails is logged, and done an hour later. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, what } = this.#options;
    while (!signal.aborted) {
      try {
        await this.prune(signal);
      } catch (error) {
        logger.error({ err: error }, `Old ${what} cannot be removed; trying again within the hour`);
      }
      await clock.sleep(everyMs, signal).catch((reason: unknown) => reason);
    }
  }

  /**
   * Removes all that is old enough, in batches.
   *
   * @returns How many rows went.
   * @throws {DatabaseUnavailableError}
   */
  async prune(signal?: AbortSignal): Promise<number> {
    const { remove, logger, what, batchSize = 500 } = this.#options;
    let removed = 0;
    let batch = batchSize;
    while (batch >= batchSize && !signal?.aborted) {
      batch = await remove(batchSize);
      removed += batch;
    }
    if (removed > 0) logger.info({ rows: removed }, `Old ${what} were removed`);
    return removed;
  }
}
