import type { Clock, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";

/** What the worker works with. */
export interface InboundPrunerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Deliveries are kept so long. */
  readonly retentionDays: number;
  /** Rows of one transaction, which has to end in seconds. Default 500. */
  readonly batchSize?: number;
}

const everyMs = 3_600_000;
const dayMs = 86_400_000;

/** Removes deliveries that have been kept long enough, with their events. Any number of processes may do so at once. */
export class InboundPruner {
  readonly #options: InboundPrunerOptions;

  constructor(options: InboundPrunerOptions) {
    this.#options = options;
  }

  /** Prunes every hour until `signal` ends it. Never throws: what fails is logged, and done an hour later. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.prune(signal);
      } catch (error) {
        logger.error({ err: error }, "Old deliveries cannot be removed; trying again within the hour");
      }
      await clock.sleep(everyMs, signal).catch((reason: unknown) => reason);
    }
  }

  /**
   * Removes all that is old enough, in batches.
   *
   * @returns How many deliveries, and messages about them, went.
   * @throws {DatabaseUnavailableError}
   */
  async prune(signal?: AbortSignal): Promise<number> {
    const { database, logger, retentionDays, batchSize = 500 } = this.#options;
    let removed = 0;
    let batch = batchSize;
    while (batch >= batchSize && !signal?.aborted) {
      batch = await database.asSystem(({ inbound }) => inbound.prune(retentionDays * dayMs, batchSize));
      removed += batch;
    }
    if (removed > 0) logger.info({ rows: removed }, "Deliveries that were kept long enough were removed");
    return removed;
  }
}
