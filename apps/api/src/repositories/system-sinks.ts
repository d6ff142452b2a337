import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";

/** An event for a sink that somebody is at. */
export interface ClaimedForSink {
  readonly eventId: string;
  readonly attemptId: string;
  readonly tenantId: string;
  /** Tries, this one included. */
  readonly attempts: number;
  readonly type: string;
  /** JSON text, as the database has it: numbers keep all of their digits. */
  readonly payload: string;
  readonly happenedAt: Date;
}

/** What a sink said to an event. */
export interface SinkLanding {
  readonly eventId: string;
  readonly attemptId: string;
  readonly taken: boolean;
  /** After which it comes again, in milliseconds. */
  readonly retryMs: number;
}

/** Events of all tenants for the operator's sinks. Times go by the database clock. */
export interface SystemSinkRepository {
  /** Takes events that are due, `limit` at most: nobody else takes them while `leaseMs` lasts. */
  claimDue(sink: string, limit: number, leaseMs: number): Promise<readonly ClaimedForSink[]>;
  /** Stores what the sink said to them. Somebody else's are left alone. @returns how many are done. */
  land(sink: string, landings: readonly SinkLanding[]): Promise<number>;
}

/** The functions for sinks. */
export function createSystemSinkRepository(query: SystemQuery): SystemSinkRepository {
  return {
    claimDue(sink, limit, leaseMs) {
      const attemptIds = Array.from({ length: limit }, newId);
      return query<ClaimedForSink>(Prisma.sql`
        select event_id::text as "eventId", attempt_id::text as "attemptId", tenant_id::text as "tenantId", attempts, type,
          payload, happened_at as "happenedAt"
        from isthmus_claim_sink_deliveries(${sink}, ${attemptIds}::uuid[], ${leaseMs}::float8)`);
    },
    async land(sink, landings) {
      const items = landings.map(({ eventId, attemptId, taken, retryMs }) => ({
        event_id: eventId,
        attempt_id: attemptId,
        taken,
        retry_ms: retryMs,
      }));
      const [row] = await query<{ done: number }>(
        Prisma.sql`select isthmus_land_sink_deliveries(${sink}, ${JSON.stringify(items)}::jsonb) as done`,
      );
      return row?.done ?? 0;
    },
  };
}
