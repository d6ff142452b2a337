import { carryOutPurge, purgeLeaseMs } from "../deletion/carry-out-purge.js";
import type { ClaimedPurge } from "../repositories/index.js";
import type { Services } from "../services.js";
import { Slots } from "./slots.js";

/** How much the worker does at once, and how often it looks. */
export interface PurgeWorkerLimits {
  /** Purges at once. Default 4. */
  readonly slots?: number;
  /** How often to look when nothing was due, in milliseconds. Default 10 000. */
  readonly pollMs?: number;
}

const longestOutagePauseMs = 60_000;
/** So long after its first try a connector goes although its vendor has not confirmed. */
const giveUpAfterMs = 7 * 86_400_000;

/** Purges deleted connectors whose time for a restore is over. Any number of workers share the work. */
export class PurgeWorker {
  readonly #services: Services;
  readonly #pollMs: number;
  readonly #slots: Slots;

  constructor(services: Services, { slots = 4, pollMs = 10_000 }: PurgeWorkerLimits = {}) {
    this.#services = services;
    this.#pollMs = pollMs;
    this.#slots = new Slots(slots);
  }

  /**
   * Works until `signal` ends it, and then until the purges under way are stored. Never throws: a database that is away is
   * logged once and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#services;
    const rest = (ms: number) => clock.sleep(ms, signal).catch((reason: unknown) => reason);
    let failures = 0;
    while (!signal.aborted) {
      try {
        const begun = await this.beginDue();
        failures = 0;
        if (begun === 0) await rest(this.#pollMs * (0.5 + random.number()));
        else await this.#slots.untilFree(1);
      } catch (error) {
        if (failures === 0) logger.error({ err: error }, "Connectors to purge cannot be looked for; trying again");
        await rest(Math.min(longestOutagePauseMs, 1_000 * 2 ** failures));
        failures += 1;
      }
    }
    await this.settle();
  }

  /** Begins what is due, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { free } = this.#slots;
    if (free <= 0) return 0;
    const due = await this.#services.database.asSystem(({ purges }) =>
      purges.claimDue(free, purgeLeaseMs, giveUpAfterMs),
    );
    for (const each of due) this.#slots.fill(this.#work(each));
    return due.length;
  }

  /** Waits until everything that was begun has ended. */
  settle(): Promise<void> {
    return this.#slots.untilFree();
  }

  /** Never throws: it is taken again when its lease is over. */
  async #work(claim: ClaimedPurge): Promise<void> {
    const { tenantId, connectorId } = claim;
    try {
      await carryOutPurge(this.#services, claim);
    } catch (error) {
      this.#services.logger.error(
        { tenantId, connectorId, err: error },
        "A connector could not be purged; trying again",
      );
    }
  }
}
