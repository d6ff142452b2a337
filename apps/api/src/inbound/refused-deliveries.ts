import type { Clock, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";

/** Why a delivery to an endpoint that is there was not taken. */
export type RefusalReason = "no_secret" | "not_signed" | "unreadable";

/** A delivery that was not taken. */
export interface Refusal {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly reason: RefusalReason;
  readonly requestId: string;
  /** Address of the peer. */
  readonly ip: string;
}

const everyMs = 3_600_000;

/**
 * Tells of refused deliveries without letting anybody fill tables or logs: the first one of an endpoint and reason at once,
 * then one an hour at the most, with how many there were since. Each process counts for itself.
 */
export class RefusedDeliveries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  // At most one for each endpoint that there is and reason: addresses that somebody invents are not kept.
  readonly #told = new Map<string, { atMs: number; since: number }>();

  constructor({
    database,
    clock,
    logger,
  }: { readonly database: Database; readonly clock: Clock; readonly logger: Logger }) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Says that a delivery was refused. Returns at once. */
  note({ tenantId, endpointId, reason, requestId, ip }: Refusal): void {
    const now = this.#clock.now();
    const key = `${endpointId} ${reason}`;
    const told = this.#told.get(key);
    if (told !== undefined && now - told.atMs < everyMs) {
      told.since += 1;
      return;
    }
    this.#told.set(key, { atMs: now, since: 0 });
    const details = { reason, refusedBefore: told?.since ?? 0 };
    this.#logger.warn({ tenantId, endpointId, requestId, ...details }, "A delivery was refused");
    // Who is refused has been told; that an audit misses one of many changes nothing.
    this.#database
      .asTenant(tenantId, ({ auditEvents }) =>
        auditEvents.append({
          action: "inbound.refused",
          targetType: "inbound_endpoint",
          targetId: endpointId,
          outcome: "denied",
          ip,
          requestId,
          details,
        }),
      )
      .catch((error: unknown) => this.#logger.warn({ err: error }, "A refused delivery was not audited"));
  }
}
