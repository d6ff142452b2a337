import { keepLooking } from "../keep-looking.js";
import type { ClaimedSyncRun } from "../repositories/index.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { fireDueSchedules } from "../syncs/fire-schedules.js";
import { runSync } from "../syncs/run-sync.js";
import { DueWorker, type DueWorkerLimits } from "./due-worker.js";
import { SyncSlots } from "./sync-slots.js";

/** Makes the runs of schedules that are due, and does them. Default: 8 runs at once, looked for each second. */
export class SyncWorker extends DueWorker<ClaimedSyncRun> {
  readonly #services: Services;

  constructor(services: Services, limits: DueWorkerLimits = {}) {
    const { database, settings } = services;
    const { runLeaseMs = defaultRunLeaseMs } = settings;
    const { slots = 8 } = limits;
    const taken = new SyncSlots(slots);
    super(services, {
      pollMs: 1_000,
      ...limits,
      slots,
      kind: "syncs",
      what: "Due syncs",
      async claim(most) {
        const claimed = await database.asSystem(({ syncs }) => syncs.claimRuns(most, runLeaseMs, taken.room));
        taken.take(claimed);
        return claimed;
      },
      work: (claimed) => runSync(services, claimed).finally(() => taken.leave(claimed)),
      unstored: "What a sync has read could not be stored; it goes on after its last batch",
    });
    this.#services = services;
  }

  /** Schedules are fired on time, whether there are free slots or not. */
  override async run(signal: AbortSignal): Promise<void> {
    const look = async () => ((await fireDueSchedules(this.#services)) > 0 ? 0 : this.pauseMs());
    const failed = "Due schedules cannot be looked for; trying again";
    await Promise.all([keepLooking(this.#services, { look, failed }, signal), super.run(signal)]);
  }
}
