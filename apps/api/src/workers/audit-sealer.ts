import { type SealParts, sealAudit } from "../audit/seal-audit.js";
import { ForgedAuditHeadError } from "../audit/signing-keys.js";
import { keepLooking } from "../keep-looking.js";

/** What the worker works with. */
export interface AuditSealerOptions extends SealParts {
  /** How often to look when there was nothing to seal, in milliseconds. Default 2 000. */
  readonly pollMs?: number;
  /** Events of one transaction. Default 500. */
  readonly batchSize?: number;
}

/** Of a worker that died, for so long nobody else takes the tenant; one that failed is tried again then. */
const leaseMs = 30_000;
const tenantsAtOnce = 20;
const olderKeysMs = 60_000;

/**
 * Chains audit events and signs the end of each tenant's chain, and of the platform's, behind the requests that wrote them. Any number of workers
 * share the work: each takes tenants that nobody else has.
 */
export class AuditSealer {
  readonly #options: AuditSealerOptions;
  readonly #failing = new Set<string>();
  #olderKeysAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AuditSealerOptions) {
    this.#options = options;
  }

  /**
   * Works until `signal` ends it: the batch at work is still written. Never throws: a database that is away is logged once
   * and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs = 2_000 } = this.#options;
    const look = async () => ((await this.runOnce(signal)) > 0 ? 0 : pollMs);
    const failed = "Audit events cannot be sealed; trying again";
    await keepLooking(this.#options, { look, failed, longestPauseMs: 60_000 }, signal);
  }

  /**
   * Seals what there is to seal of tenants that nobody else has.
   *
   * @returns how many events were sealed.
   * @throws {DatabaseUnavailableError} where not even the tenants can be looked for.
   */
  async runOnce(signal?: AbortSignal): Promise<number> {
    const { clock, database } = this.#options;
    const olderKeys = clock.now() - this.#olderKeysAtMs >= olderKeysMs;
    const tenantIds = await database.asSystem(({ audits }) => audits.claim(tenantsAtOnce, leaseMs, olderKeys));
    if (olderKeys) this.#olderKeysAtMs = clock.now();
    let sealed = 0;
    for (const tenantId of tenantIds) {
      if (signal?.aborted) break;
      sealed += await this.#seal(tenantId);
    }
    return sealed;
  }

  /** One tenant that fails keeps no other from being sealed. */
  async #seal(tenantId: string): Promise<number> {
    const { logger, batchSize = 500 } = this.#options;
    try {
      const sealed = await sealAudit(this.#options, tenantId, { leaseMs, batchSize });
      this.#failing.delete(tenantId);
      return sealed;
    } catch (error) {
      const words =
        error instanceof ForgedAuditHeadError
          ? "The end of an audit chain is forged: nothing more is sealed behind it"
          : "The audit events of a tenant cannot be sealed; trying again";
      // Every half minute the same would drown what else there is.
      if (!this.#failing.has(tenantId)) logger.error({ tenantId, err: error }, words);
      this.#failing.add(tenantId);
      return 0;
    }
  }
}
