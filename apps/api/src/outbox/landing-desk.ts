import type { Database } from "../database/index.js";
import type { DeliveryLanding } from "../repositories/index.js";

/** For how long after its event a delivery is tried. */
export const deliveryLivesMs = 24 * 3_600_000;

/** Landings of one statement. */
const batchSize = 100;

/** Stores what became of deliveries: those that end while a statement is under way go with the next one, all at once. */
export class LandingDesk {
  readonly #database: Database;
  #waiting: { readonly landing: DeliveryLanding; readonly done: PromiseWithResolvers<boolean> }[] = [];
  #working = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Stores what became of one.
   *
   * @returns whether it has ended by this: delivered or dead.
   * @throws {DatabaseUnavailableError} It is tried again when its lease is over.
   */
  land(landing: DeliveryLanding): Promise<boolean> {
    const done = Promise.withResolvers<boolean>();
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
        const landings = batch.map(({ landing }) => landing);
        const ended = await this.#database.asSystem(({ webhooks }) => webhooks.land(landings, deliveryLivesMs));
        const ids = new Set(ended.map(({ deliveryId }) => deliveryId));
        for (const { landing, done } of batch) done.resolve(ids.has(landing.deliveryId));
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#working = false;
  }
}
