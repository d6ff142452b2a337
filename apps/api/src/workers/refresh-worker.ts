import { type Clock, codeOf, type Logger, type Random, refreshBackoffMs } from "@isthmus/core";
import type { ConnectorPool } from "../connectors/connector-pool.js";
import { keepLooking } from "../keep-looking.js";
import type { DueTokens } from "../repositories/index.js";
import type { TokenStores } from "../tokens/token-stores.js";
import { Slots } from "./slots.js";

/** What the worker works with. */
export interface RefreshWorkerOptions {
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

/**
 * Renews tokens before they expire, so that no operation has to wait for it. Any number of workers share the work: each
 * takes rows that are due, as many as it can call the vendor for at once.
 */
export class RefreshWorker {
  readonly #options: RefreshWorkerOptions;
  readonly #slots: Slots;

  constructor(options: RefreshWorkerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.slots ?? 64);
  }

  /**
   * Works until `signal` ends it, and then until the renewals under way are stored. Never throws: a database that is away is
   * logged once and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { random, pollMs = 1_000 } = this.#options;
    const look = async () => {
      if ((await this.beginDue()) === 0) return pollMs * (0.5 + random.number());
      // A look costs the database about the same for one row as for many.
      await this.#slots.untilFree(Math.ceil(this.#slots.total / 4));
      return 0;
    };
    await keepLooking(this.#options, { look, failed: "Due tokens cannot be looked for; trying again" }, signal);
    await this.settle();
  }

  /** Begins what is due, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { tokenStores, clock } = this.#options;
    const { free } = this.#slots;
    if (free <= 0) return 0;
    const beganAtMs = clock.now();
    const due = await tokenStores.claimDue(free, leaseMs);
    for (const each of due) this.#slots.fill(this.#renew(each, beganAtMs));
    return due.length;
  }

  /** Waits until every renewal that was begun has ended. */
  settle(): Promise<void> {
    return this.#slots.untilFree();
  }

  /** Never throws: how each ended is stored. */
  async #renew(due: DueTokens, beganAtMs: number): Promise<void> {
    const { pool, logger } = this.#options;
    const { connector: row, ambiguous } = due;
    let handedOver = false;
    try {
      const claim = ambiguous ? undefined : await this.#storeOf(row).adopt(due);
      await pool.visit(row, (connector) => {
        handedOver = true;
        // Whether an attempt of unknown outcome is repeated or given up is the manager's to decide.
        return claim === undefined ? connector.refreshToken() : connector.renewTokenUnder(claim, beganAtMs);
      });
    } catch (error) {
      const code = codeOf(error);
      const about = { tenantId: row.tenantId, connectorId: row.id, code };
      logger.debug(about, "A due token was not renewed");
      if (handedOver) return; // the token manager has said so, and stored it
      logger.warn({ ...about, err: error }, "A connector with a due token could not be opened");
      await this.#putOff(due, code).catch((failure: unknown) => {
        logger.error({ ...about, err: failure }, "That a due token was put off could not be stored");
      });
    }
  }

  /** Nothing was sent: a key that is away, a connector package that was removed. It is tried again, later each time. */
  async #putOff({ connector: row, attemptId, ambiguous, record }: DueTokens, code: string): Promise<void> {
    const retryInMs = refreshBackoffMs(record.failures, this.#options.random);
    const outcome = ambiguous ? "unknown" : "not_spent";
    await this.#storeOf(row).abandon(attemptId, { outcome, code, retryInMs });
  }

  #storeOf({ tenantId, id, version }: DueTokens["connector"]) {
    return this.#options.tokenStores.of(tenantId, id, version);
  }
}
