import { type Clock, isConnectorError, type Logger, type Random, refreshBackoffMs } from "@isthmus/core";
import type { ConnectorPool } from "../connectors/connector-pool.js";
import type { Database } from "../database/index.js";
import type { DueTokens } from "../repositories/index.js";
import type { TokenStores } from "../tokens/token-stores.js";

/** What the worker works with. */
export interface RefreshWorkerOptions {
  readonly database: Database;
  readonly tokenStores: TokenStores;
  readonly pool: ConnectorPool;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Renewals at once. Default 64. */
  readonly slots?: number;
  /** How often to look when nothing was due, in milliseconds. Default 1 000. */
  readonly pollMs?: number;
}

/** As long as core's token manager leaves an attempt alone: its call ends after 25 s. */
const leaseMs = 40_000;
const longestOutagePauseMs = 10_000;

/**
 * Renews tokens before they expire, so that no operation has to wait for it. Any number of workers share the work: each
 * takes rows that are due, as many as it can call the vendor for at once.
 */
export class RefreshWorker {
  readonly #options: RefreshWorkerOptions;
  readonly #slots: number;
  #underWay = 0;
  #change: PromiseWithResolvers<void> | undefined;

  constructor(options: RefreshWorkerOptions) {
    this.#options = options;
    this.#slots = options.slots ?? 64;
  }

  /**
   * Works until `signal` ends it, and then until the renewals under way are stored. Never throws: a database that is away is
   * logged once and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger, pollMs = 1_000 } = this.#options;
    const rest = (ms: number) => clock.sleep(ms, signal).catch((reason: unknown) => reason);
    let failures = 0;
    while (!signal.aborted) {
      try {
        const begun = await this.beginDue();
        failures = 0;
        if (begun === 0) await rest(pollMs * (0.5 + random.number()));
        // A look costs the database about the same for one row as for many.
        else await this.#untilFree(Math.ceil(this.#slots / 4));
      } catch (error) {
        if (failures === 0) logger.error({ err: error }, "Due tokens cannot be looked for; trying again");
        await rest(Math.min(longestOutagePauseMs, 500 * 2 ** failures));
        failures += 1;
      }
    }
    await this.settle();
  }

  /** Begins what is due, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { database, clock } = this.#options;
    const beganAtMs = clock.now();
    const due = await database.asSystem(({ tokens }) => tokens.claimDue(this.#slots - this.#underWay, leaseMs));
    this.#underWay += due.length;
    for (const each of due) void this.#renew(each, beganAtMs).finally(() => this.#ended());
    return due.length;
  }

  /** Waits until every renewal that was begun has ended. */
  settle(): Promise<void> {
    return this.#untilFree(this.#slots);
  }

  async #untilFree(slots: number): Promise<void> {
    while (this.#slots - this.#underWay < slots) {
      this.#change ??= Promise.withResolvers();
      await this.#change.promise;
    }
  }

  #ended(): void {
    this.#underWay -= 1;
    this.#change?.resolve();
    this.#change = undefined;
  }

  /** Never throws: how each ended is stored, and the token manager has logged it. */
  async #renew(due: DueTokens, beganAtMs: number): Promise<void> {
    const { pool, logger } = this.#options;
    const { connector: row, ambiguous } = due;
    try {
      // Whether an attempt of unknown outcome is repeated or given up is the manager's to decide.
      if (ambiguous) await pool.visit(row, (connector) => connector.refreshToken());
      else await this.#renewUnderClaim(due, beganAtMs);
    } catch (error) {
      const code = isConnectorError(error) ? error.code : "INTERNAL";
      logger.debug({ tenantId: row.tenantId, connectorId: row.id, code }, "A due token was not renewed");
    }
  }

  async #renewUnderClaim(due: DueTokens, beganAtMs: number): Promise<void> {
    const { tokenStores, pool, random } = this.#options;
    const { connector: row, attemptId, record } = due;
    const store = tokenStores.of(row.tenantId, row.id);
    let handedOver = false;
    try {
      const claim = await store.adopt(due);
      await pool.visit(row, (connector) => {
        handedOver = true;
        return connector.renewTokenUnder(claim, beganAtMs);
      });
    } catch (error) {
      if (!handedOver) {
        // Nothing was sent: a key that is away, a connector package that was removed.
        const code = isConnectorError(error) ? error.code : "INTERNAL";
        const retryInMs = refreshBackoffMs(record.failures, random);
        await store.abandon(attemptId, { outcome: "not_spent", code, retryInMs });
      }
      throw error;
    }
  }
}
