import { ConnectorError } from "@isthmus/core";
import type { ClaimedRun } from "../repositories/index.js";
import { Heartbeat } from "../runs/heartbeat.js";
import { defaultRunLeaseMs, type Services } from "../services.js";

/** Holds a run of a sync for one attempt: renews its lease while the vendor is called, and notices when it is not to go on. */
export class SyncHold implements AsyncDisposable {
  readonly #interrupted = new AbortController();
  readonly #heartbeat: Heartbeat;

  constructor(
    { database, clock, logger, settings }: Pick<Services, "database" | "clock" | "logger" | "settings">,
    run: ClaimedRun,
  ) {
    const { runLeaseMs: leaseMs = defaultRunLeaseMs } = settings;
    const renew = async () => {
      const held = await database.asTenant(run.tenantId, ({ syncRuns }) =>
        syncRuns.renew(run.runId, run.attemptId, leaseMs),
      );
      if (held?.goesOn === true) return;
      const what = held === undefined ? "was taken over" : "is to be cancelled";
      this.#interrupted.abort(new ConnectorError("CANCELLED", `The sync ${what}.`));
    };
    const listen = (beat: () => void) => database.whenDue("cancellations", beat);
    this.#heartbeat = new Heartbeat({ clock, logger, leaseMs, renew, facts: run, listen });
  }

  /** Aborted when the work at hand is not wanted any more. */
  get interrupted(): AbortSignal {
    return this.#interrupted.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heartbeat[Symbol.asyncDispose]();
  }
}
