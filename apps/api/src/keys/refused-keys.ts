import type { Clock, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";

/** A request with a key that was refused, as the audit notes it. */
export interface RefusedRequest {
  readonly id: string;
  /** Address of the peer. */
  readonly ip: string;
}

const everyMs = 3_600_000;

/**
 * Audits keys that are known and work no more, without letting anybody fill the audit with them: the first use of a key at
 * once, then one an hour at the most, with how many there were since. Each process counts for itself. A key that nobody
 * knows belongs to no tenant, and is not kept.
 */
export class RefusedKeys {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  // At most one for each key that there is: what somebody invents is not kept.
  readonly #told = new Map<string, { atMs: number; since: number }>();

  constructor({
    database,
    clock,
    logger,
  }: { readonly database: Database; readonly clock: Clock; readonly logger: Logger }) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Says that a key was refused.
   *
   * @param hash - Of the whole key.
   * @throws {DatabaseUnavailableError}
   */
  async note(hash: string, { id: requestId, ip }: RefusedRequest): Promise<void> {
    const refused = await this.#database.asSystem((system) => system.findRefusedApiKey(hash));
    if (refused === undefined) return;
    const { tenantId, userId, apiKeyId, reason } = refused;
    const now = this.#clock.now();
    const told = this.#told.get(apiKeyId);
    if (told !== undefined && now - told.atMs < everyMs) {
      told.since += 1;
      return;
    }
    this.#told.set(apiKeyId, { atMs: now, since: 0 });
    const details = { reason, refusedBefore: told?.since ?? 0 };
    this.#logger.warn({ tenantId, apiKeyId, requestId, ip, ...details }, "An API key was refused");
    await this.#database.asTenant(tenantId, ({ auditEvents }) =>
      auditEvents.append({
        actorUserId: userId,
        actorApiKeyId: apiKeyId,
        action: "api_key.refused",
        targetType: "api_key",
        targetId: apiKeyId,
        outcome: "denied",
        ip,
        requestId,
        details,
      }),
    );
  }
}
