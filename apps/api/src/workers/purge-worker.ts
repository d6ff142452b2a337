import { carryOutPurge, purgeLeaseMs } from "../deletion/carry-out-purge.js";
import type { ClaimedPurge } from "../repositories/index.js";
import type { Services } from "../services.js";
import { DueWorker, type DueWorkerLimits } from "./due-worker.js";

/** So long after its first try a connector goes although its vendor has not confirmed. */
const giveUpAfterMs = 7 * 86_400_000;

/** Purges deleted connectors whose time for a restore is over. Default: 4 at once, looked for every 10 s. */
export class PurgeWorker extends DueWorker<ClaimedPurge> {
  constructor(services: Services, limits: DueWorkerLimits = {}) {
    super(services, {
      slots: 4,
      pollMs: 10_000,
      ...limits,
      what: "Connectors to purge",
      claim: (most) => services.database.asSystem(({ purges }) => purges.claimDue(most, purgeLeaseMs, giveUpAfterMs)),
      work: (claim) => carryOutPurge(services, claim),
      unstored: "A connector could not be purged; trying again",
      longestPauseMs: 60_000,
    });
  }
}
