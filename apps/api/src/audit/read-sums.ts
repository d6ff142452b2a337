import type { Clock, Logger } from "@isthmus/core";
import { auditOf } from "../actions/audit.js";
import type { Caller } from "../authorization/principal.js";
import { type Database, unwatched } from "../database/index.js";

/** What it takes to sum up. */
export interface ReadSumsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Sum {
  readonly caller: Caller;
  readonly connectorId: string;
  readonly operation: string;
  readonly firstAtMs: number;
  calls: number;
  failures: number;
}

const everyMs = 60_000;
/** Sums that are held before they are written in any case. */
const maximumSums = 1_000;

/**
 * Audits operations that read, as sums: one event a minute for each person, key, address, connector and operation. One for
 * each call would cost more than many a call does. What a process had not written when it was killed is not audited.
 */
export class ReadSums {
  readonly #options: ReadSumsOptions;
  #sums = new Map<string, Sum>();

  constructor(options: ReadSumsOptions) {
    this.#options = options;
  }

  /** Counts a call that begins. @returns to be called when it fails. */
  note(caller: Caller, connectorId: string, operation: string): () => void {
    const { tenantId, userId, apiKeyId, ip } = caller;
    const key = JSON.stringify([tenantId, userId, apiKeyId, ip, connectorId, operation]);
    // Asked for anew each time: what was written meanwhile is a sum of the past.
    const sum = () => this.#sums.get(key) ?? this.#begin(key, { caller, connectorId, operation });
    sum().calls += 1;
    if (this.#sums.size >= maximumSums) void this.flush();
    return () => {
      sum().failures += 1;
    };
  }

  /** Writes what has been counted every minute, and once more when `signal` ends it. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(everyMs, signal).catch((reason: unknown) => reason);
      await this.flush();
    }
  }

  /** Writes what has been counted. Never throws: what the database does not take is logged, in numbers. */
  async flush(): Promise<void> {
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    for (const sum of sums) {
      const { caller, connectorId, operation, calls, failures } = sum;
      const since = new Date(sum.firstAtMs).toISOString();
      const facts = { action: "operation.read", targetType: "connector", targetId: connectorId } as const;
      const outcome = failures >= calls ? "failure" : "success";
      const event = auditOf(caller, { ...facts, outcome, details: { operation, calls, failures, since } });
      await unwatched(() =>
        this.#options.database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.append(event)),
      ).catch((error: unknown) => {
        const { tenantId, userId } = caller;
        const lost = { tenantId, userId, connectorId, operation, calls, failures, since };
        this.#options.logger.error({ ...lost, err: error }, "Reads could not be audited");
      });
    }
  }

  #begin(key: string, about: Pick<Sum, "caller" | "connectorId" | "operation">): Sum {
    const sum = { ...about, firstAtMs: this.#options.clock.now(), calls: 0, failures: 0 };
    this.#sums.set(key, sum);
    return sum;
  }
}
