import type { Clock, Logger } from "@isthmus/core";
import { auditOf } from "../actions/audit.js";
import type { Caller } from "../authorization/principal.js";
import { type Database, unwatched } from "../database/index.js";

const everyMs = 60_000;
const auditedEveryMs = 86_400_000;
/** Pairs of key and address that are remembered. */
const maximumSeen = 10_000;

/** Notes when keys were used: at most once a minute for each, and off the path of the request. */
export class KeyUse {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #notedAtMs = new Map<string, number>();
  readonly #seenAtMs = new Map<string, number>();

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

  /**
   * Audits the first use of a key from an address, once a day: a key has no sign-in. Each process counts for itself.
   *
   * @throws {DatabaseUnavailableError}
   */
  async audit(caller: Caller): Promise<void> {
    const now = this.#clock.now();
    const pair = `${caller.apiKeyId} ${caller.ip}`;
    const seen = this.#seenAtMs.get(pair);
    if (seen !== undefined && now - seen < auditedEveryMs) return;
    this.#seenAtMs.delete(pair);
    this.#seenAtMs.set(pair, now);
    const [oldest] = this.#seenAtMs.keys();
    if (this.#seenAtMs.size > maximumSeen && oldest !== undefined) this.#seenAtMs.delete(oldest);
    const facts = {
      action: "api_key.used",
      targetType: "api_key",
      targetId: caller.apiKeyId,
      outcome: "success",
    } as const;
    try {
      const event = auditOf(caller, facts);
      await unwatched(() => this.#database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.append(event)));
    } catch (error) {
      this.#seenAtMs.delete(pair);
      throw error;
    }
  }

  #forgetOld(now: number): void {
    for (const [id, notedAt] of this.#notedAtMs) if (now - notedAt >= everyMs) this.#notedAtMs.delete(id);
  }
}
