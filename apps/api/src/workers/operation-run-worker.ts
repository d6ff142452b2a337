import type { ClaimedRun } from "../repositories/index.js";
import { workOnRun } from "../runs/work-on-run.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { DueWorker, type DueWorkerLimits } from "./due-worker.js";

/**
 * Lets operation runs go on: looks at those that are due, ends those that are to be cancelled, and those whose process died
 * while it began them. Default: 16 at once, looked for each second.
 */
export class OperationRunWorker extends DueWorker<ClaimedRun> {
  constructor(services: Services, limits: DueWorkerLimits = {}) {
    const { database, settings } = services;
    const { runLeaseMs = defaultRunLeaseMs } = settings;
    super(services, {
      slots: 16,
      pollMs: 1_000,
      ...limits,
      kind: "runs",
      what: "Due operation runs",
      claim: (most) => database.asSystem(({ runs }) => runs.claimDue(most, runLeaseMs)),
      work: (claimed) => workOnRun(services, claimed),
      unstored: "What was found out about an operation run could not be stored; it is looked at again",
    });
  }
}
