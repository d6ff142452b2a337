import { rollBack } from "../approval/roll-back.js";
import { disposeOf, givesBack } from "../approval/stored-change.js";
import { byService, emitDecided, tellOfChange } from "../approval/tell.js";
import { keepLooking } from "../keep-looking.js";
import type { ChangeRequestRow, DueChange } from "../repositories/index.js";
import type { Services } from "../services.js";

/** How much the worker does at once, and how often it looks. */
export interface ChangeRequestWorkerLimits {
  /** Requests at once. Default 10. */
  readonly batchSize?: number;
  /** How often to look when nothing was due, in milliseconds. Default 5 000. */
  readonly pollMs?: number;
  /** Until another worker takes what this one has taken, in milliseconds. Default 60 000. */
  readonly leaseMs?: number;
}

/**
 * Lets change requests expire that nobody decided about, rolls emergencies back that nobody confirmed, and gives back what
 * requests hold that were decided against. Any number of workers share the work; what one leaves behind, another one takes
 * when its lease is over.
 */
export class ChangeRequestWorker {
  readonly #services: Services;
  readonly #batchSize: number;
  readonly #pollMs: number;
  readonly #leaseMs: number;

  constructor(services: Services, limits: ChangeRequestWorkerLimits = {}) {
    this.#services = services;
    this.#batchSize = limits.batchSize ?? 10;
    this.#pollMs = limits.pollMs ?? 5_000;
    this.#leaseMs = limits.leaseMs ?? 60_000;
  }

  /** Works until `signal` ends it. Never throws: a database that is away is logged once and asked again. */
  async run(signal: AbortSignal): Promise<void> {
    const { random } = this.#services;
    const look = async () => ((await this.workOff()) < this.#batchSize ? this.#pollMs * (0.5 + random.number()) : 0);
    const failed = "Due change requests cannot be looked for; trying again";
    await keepLooking(this.#services, { look, failed, longestPauseMs: 30_000 }, signal);
  }

  /** Looks at what is due, up to a batch of it. @returns how many. */
  async workOff(): Promise<number> {
    const due = await this.#services.database.asSystem(({ changes }) =>
      changes.claimDue(this.#batchSize, this.#leaseMs),
    );
    for (const each of due) await this.#look(each);
    return due.length;
  }

  /** Never throws: what fails is logged, and due again when the lease is over. */
  async #look({ tenantId, id }: DueChange): Promise<void> {
    const services = this.#services;
    try {
      const row = await services.database.asTenant(tenantId, ({ changeRequests }) => changeRequests.findById(id));
      if (row?.status === "pending") await expire(services, row);
      else if (row?.status === "emergency") await rollBack(services, row, { when: "overdue", reason: notConfirmed });
      else if (row) await disposeOf(services, row);
    } catch (error) {
      services.logger.error(
        { tenantId, changeRequestId: id, err: error },
        "A change request cannot be ended; trying again",
      );
    }
  }
}

const notConfirmed = "Two approvers did not confirm it in time.";

async function expire(services: Services, row: ChangeRequestRow): Promise<void> {
  const expired = await services.database.asTenant(row.tenantId, async (repositories) => {
    const decision = { from: "pending", when: "overdue", status: "expired", keepsPayload: givesBack(row) } as const;
    const decided = await repositories.changeRequests.decide(row.id, decision);
    if (decided) await tellOfChange(repositories, byService, "expired", decided);
    return decided;
  });
  if (expired === undefined) return;
  emitDecided(services, expired);
  await disposeOf(services, expired);
}
