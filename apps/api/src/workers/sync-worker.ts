import type { ClaimedRun } from "../repositories/index.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { fireDueSchedules } from "../syncs/fire-schedules.js";
import { runSync } from "../syncs/run-sync.js";
import { Slots } from "./slots.js";

/** How much the worker does at once, and how often it looks. */
export interface SyncWorkerLimits {
  /** Runs at once. Default 8. */
  readonly slots?: number;
  /** How often to look when nothing was due, in milliseconds. Default 1 000. */
  readonly pollMs?: number;
}

const longestOutagePauseMs = 10_000;

/** Makes the runs of schedules that are due, and does them. Any number of workers share the work. */
export class SyncWorker {
  readonly #services: Services;
  readonly #pollMs: number;
  readonly #slots: Slots;

  constructor(services: Services, { slots = 8, pollMs = 1_000 }: SyncWorkerLimits = {}) {
    this.#services = services;
    this.#pollMs = pollMs;
    this.#slots = new Slots(slots);
  }

  /**
   * Works until `signal` ends it, and then until each run under way has stored its batch. Never throws: a database that is away
   * is logged once and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#services;
    const rest = (ms: number) => clock.sleep(ms, signal).catch((reason: unknown) => reason);
    let failures = 0;
    while (!signal.aborted) {
      try {
        const fired = await fireDueSchedules(this.#services);
        const begun = await this.beginDue();
        failures = 0;
        if (fired + begun === 0) await rest(this.#pollMs * (0.5 + random.number()));
      } catch (error) {
        if (failures === 0) logger.error({ err: error }, "Due syncs cannot be looked for; trying again");
        await rest(Math.min(longestOutagePauseMs, 500 * 2 ** failures));
        failures += 1;
      }
    }
    await this.settle();
  }

  /** Begins runs that may go on, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { free } = this.#slots;
    if (free <= 0) return 0;
    const { database, settings } = this.#services;
    const { runLeaseMs = defaultRunLeaseMs } = settings;
    const due = await database.asSystem(({ syncs }) => syncs.claimRuns(free, runLeaseMs));
    for (const each of due) this.#slots.fill(this.#work(each));
    return due.length;
  }

  /** Waits until everything that was begun has ended. */
  settle(): Promise<void> {
    return this.#slots.untilFree();
  }

  /** Never throws: how each ended is stored. */
  async #work(claimed: ClaimedRun): Promise<void> {
    try {
      await runSync(this.#services, claimed);
    } catch (error) {
      const { tenantId, runId } = claimed;
      this.#services.logger.error(
        { tenantId, runId, err: error },
        "What a sync has read could not be stored; it goes on after its last batch",
      );
    }
  }
}
