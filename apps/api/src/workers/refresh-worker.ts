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
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: RefreshWorkerOptions) {
    this.#options = options;
    this.#slots = options.slots ?? 64;
  }

  /**
   * Works until `signal` ends it, and then until the renewals under way are stored. Never throws: a database that is away is
   * logged once and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const begun = await this.beginDue();
        failures = 0;
        if (begun < this.#slots / 4) await this.#rest(begun, signal);
      } catch (error) {
        if (failures === 0) logger.error({ err: error }, "Due tokens cannot be looked for; trying again");
        const pauseMs = Math.min(longestOutagePauseMs, 500 * 2 ** failures);
        failures += 1;
        await clock.sleep(pauseMs, signal).catch((reason: unknown) => reason);
      }
    }
    await this.settle();
  }

  /** Begins what is due, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { database, clock } = this.#options;
    const free = this.#slots - this.#underWay.size;
    if (free <= 0) return 0;
    const beganAtMs = clock.now();
    const due = await database.asSystem(({ tokens }) => tokens.claimDue(free, leaseMs));
    for (const each of due) {
      const renewal = this.#renew(each, beganAtMs).finally(() => this.#underWay.delete(renewal));
      this.#underWay.add(renewal);
    }
    return due.length;
  }

  /** Waits until every renewal that was begun has ended. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Until a slot is free while there was more to do than slots; otherwise for the time between two looks. */
  async #rest(begun: number, signal: AbortSignal): Promise<void> {
    const { clock, random, pollMs = 1_000 } = this.#options;
    if (begun > 0 || this.#underWay.size >= this.#slots) {
      await Promise.race(this.#underWay);
      return;
    }
    await clock.sleep(pollMs * (0.5 + random.number()), signal).catch((reason: unknown) => reason);
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
