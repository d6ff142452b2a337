import type { ClaimedRun } from "../repositories/index.js";
import { workOnRun } from "../runs/work-on-run.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { Slots } from "./slots.js";

/** How much the worker does at once, and how often it looks. */
export interface OperationRunWorkerLimits {
  /** Runs at once. Default 16. */
  readonly slots?: number;
  /** How often to look when nothing was due, in milliseconds. Default 1 000. */
  readonly pollMs?: number;
}

const longestOutagePauseMs = 10_000;

/**
 * Lets operation runs go on: looks at those that are due, ends those that are to be cancelled, and those whose process died
 * while it began them. Any number of workers share the work.
 */
export class OperationRunWorker {
  readonly #services: Services;
  readonly #pollMs: number;
  readonly #slots: Slots;

  constructor(services: Services, { slots = 16, pollMs = 1_000 }: OperationRunWorkerLimits = {}) {
    this.#services = services;
    this.#pollMs = pollMs;
    this.#slots = new Slots(slots);
  }

  /**
   * Works until `signal` ends it, and then until the looks under way are stored. Never throws: a database that is away is
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
        if (failures === 0) logger.error({ err: error }, "Due operation runs cannot be looked for; trying again");
        await rest(Math.min(longestOutagePauseMs, 500 * 2 ** failures));
        failures += 1;
      }
    }
    await this.settle();
  }

  /** Begins what is due, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { free } = this.#slots;
    if (free <= 0) return 0;
    const { database, settings } = this.#services;
    const { runLeaseMs = defaultRunLeaseMs } = settings;
    const due = await database.asSystem(({ runs }) => runs.claimDue(free, runLeaseMs));
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
      await workOnRun(this.#services, claimed);
    } catch (error) {
      this.#services.logger.error(
        { tenantId: claimed.tenantId, runId: claimed.runId, err: error },
        "What was found out about an operation run could not be stored; it is looked at again",
      );
    }
  }
}
