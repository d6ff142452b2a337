import { ConnectorError } from "@isthmus/core";
import type { ClaimedRun, RunClaim } from "../repositories/index.js";
import { defaultRunLeaseMs, type ServiceSettings, type Services } from "../services.js";
import { Heartbeat } from "./heartbeat.js";
import { sealState } from "./run-work.js";

/** A claim to a run, as long as the service's settings say. */
export function claimOf({ runLeaseMs = defaultRunLeaseMs }: ServiceSettings, attemptId: string): RunClaim {
  return { attemptId, leaseMs: runLeaseMs };
}

/** What a hold works with. */
export type HoldParts = Pick<Services, "database" | "vault" | "clock" | "logger" | "settings">;

/**
 * Holds a run for one attempt: renews its lease while the vendor is called, stores checkpoints, and notices when somebody
 * wishes the work to be ended, or has taken the run over.
 */
export class RunHold implements AsyncDisposable {
  readonly #parts: HoldParts;
  readonly #run: ClaimedRun;
  readonly #claim: RunClaim;
  readonly #interrupted = new AbortController();
  #heartbeat: Heartbeat | undefined;
  #reached: { readonly state: unknown } | undefined;
  #failure: unknown;

  constructor(parts: HoldParts, run: ClaimedRun) {
    this.#parts = parts;
    this.#run = run;
    this.#claim = claimOf(parts.settings, run.attemptId);
  }

  /** Aborted when the work at hand is not wanted any more: the run is to be cancelled, or somebody else has it. */
  get interrupted(): AbortSignal {
    return this.#interrupted.signal;
  }

  /** The state of the last checkpoint; `undefined` before the first. */
  get reached(): { readonly state: unknown } | undefined {
    return this.#reached;
  }

  /** What kept a checkpoint from being stored; `undefined` = nothing did. What the connector makes of it says less. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Begins to renew the lease. */
  keep(): this {
    const { clock, logger } = this.#parts;
    const { leaseMs } = this.#claim;
    this.#heartbeat ??= new Heartbeat({ clock, logger, leaseMs, renew: () => this.#renew(), facts: this.#run });
    return this;
  }

  /**
   * Stores the connector's state durably.
   *
   * @throws {ConnectorError} `CANCELLED` when the work is not wanted any more.
   * @throws {DatabaseUnavailableError}
   */
  async checkpoint(state: unknown): Promise<void> {
    // Before it is stored: what exists at the vendor has to be cancelled also where storing fails.
    this.#reached = { state };
    const { tenantId, runId: id } = this.#run;
    try {
      await this.#renew(await sealState(this.#parts.vault, { tenantId, id }, state));
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    if (this.interrupted.aborted) throw this.interrupted.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heartbeat?.[Symbol.asyncDispose]();
  }

  async #renew(work?: object): Promise<void> {
    const { tenantId, runId } = this.#run;
    const status = await this.#parts.database.asTenant(tenantId, ({ operationRuns }) =>
      operationRuns.renew(runId, this.#claim, work),
    );
    if (status === undefined || status === "cancelling") {
      const what = status === undefined ? "was taken over" : "is to be cancelled";
      this.#interrupted.abort(new ConnectorError("CANCELLED", `The operation run ${what}.`));
    }
  }
}
