import type { Clock, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";

const everyMs = 60_000;

/** Notes when keys were used: at most once a minute for each, and off the path of the request. */
export class KeyUse {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #notedAtMs = new Map<string, number>();

  constructor({
    database,
    clock,
    logger,
  }: { readonly database: Database; readonly clock: Clock; readonly logger: Logger }) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Says that a key is being used. Returns at once. */
  note(apiKeyId: string): void {
    const now = this.#clock.now();
    const last = this.#notedAtMs.get(apiKeyId);
    if (last !== undefined && now - last < everyMs) return;
    this.#forgetOld(now);
    this.#notedAtMs.set(apiKeyId, now);
    // Losing this note loses nothing that anybody relies on, so a failure is logged and no more.
    this.#database
      .asSystem((system) => system.touchApiKey(apiKeyId))
      .catch((error: unknown) => this.#logger.warn({ err: error }, "The use of an API key was not noted"));
  }

  #forgetOld(now: number): void {
    for (const [id, notedAt] of this.#notedAtMs) if (now - notedAt >= everyMs) this.#notedAtMs.delete(id);
  }
}
