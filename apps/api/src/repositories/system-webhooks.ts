import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject, SystemQuery } from "./client.js";
import { type CountedRow, toWaiting, type WaitingEvents } from "./system-sinks.js";

/** A delivery that somebody is at, with all that it takes to make it. */
export interface ClaimedDelivery {
  readonly deliveryId: string;
  readonly attemptId: string;
  readonly tenantId: string;
  readonly endpointId: string;
  /** Tries, this one included. */
  readonly attempts: number;
  readonly url: string;
  /** Sealed by the vault. */
  readonly secrets: JsonObject;
  /** Whether the secret before signs as well. */
  readonly previousSigns: boolean;
  readonly eventId: string;
  readonly type: string;
  /** JSON text, as the database has it: numbers keep all of their digits. */
  readonly payload: string;
  readonly happenedAt: Date;
}

/** How much may be under way at once. */
export interface DeliveryLimits {
  readonly perEndpoint: number;
  readonly perTenant: number;
}

/** What became of a try. */
export interface DeliveryLanding {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly attemptId: string;
  readonly delivered: boolean;
  /** `undefined` = there was no answer. */
  readonly answerStatus?: number | undefined;
  readonly answer?: string | undefined;
  /** Why there was none. */
  readonly failureCode?: string | undefined;
  /** After which it is tried again, in milliseconds. */
  readonly retryMs: number;
  /** How long the endpoint asks to be left alone, in milliseconds. */
  readonly pauseMs?: number | undefined;
}

/** A delivery that has ended. */
export interface EndedDelivery {
  readonly deliveryId: string;
  readonly status: "delivered" | "dead";
}

/** Webhooks of all tenants. Times go by the database clock. */
export interface SystemWebhookRepository {
  /** Takes deliveries that are due, `limit` at most: nobody else takes them while `leaseMs` lasts. */
  claimDue(limit: number, leaseMs: number, limits: DeliveryLimits): Promise<readonly ClaimedDelivery[]>;
  /**
   * Stores what became of them. Somebody else's are left alone.
   *
   * @param livesMs - For how long after its event one is tried.
   * @returns those that it has ended.
   */
  land(landings: readonly DeliveryLanding[], livesMs: number): Promise<readonly EndedDelivery[]>;
  /** Gives up old ones of endpoints that take nothing, `limit` at most. @returns how many. */
  expire(livesMs: number, limit: number): Promise<number>;
  /** How much waits for webhooks that are switched on, and how much was given up. */
  count(): Promise<WaitingEvents>;
  /** Removes events that are old enough, with their deliveries, `limit` at most. @returns how many. */
  pruneOutbox(keptForMs: number, deadKeptForMs: number, limit: number): Promise<number>;
}

/** The functions for webhooks. */
export function createSystemWebhookRepository(query: SystemQuery): SystemWebhookRepository {
  return {
    claimDue(limit, leaseMs, { perEndpoint, perTenant }) {
      const attemptIds = Array.from({ length: limit }, newId);
      return query<ClaimedDelivery>(Prisma.sql`
        select delivery_id::text as "deliveryId", attempt_id::text as "attemptId", tenant_id::text as "tenantId",
          endpoint_id::text as "endpointId", attempts, url, secrets, previous_signs as "previousSigns",
          event_id::text as "eventId", type, payload, happened_at as "happenedAt"
        from isthmus_claim_webhook_deliveries(
          ${attemptIds}::uuid[], ${leaseMs}::float8, ${perEndpoint}::integer, ${perTenant}::integer)`);
    },
    land(landings, livesMs) {
      const items = landings.map((landing) => ({
        id: landing.deliveryId,
        endpoint_id: landing.endpointId,
        attempt_id: landing.attemptId,
        delivered: landing.delivered,
        answer_status: landing.answerStatus ?? null,
        answer: landing.answer ?? null,
        failure_code: landing.failureCode ?? null,
        retry_ms: landing.retryMs,
        pause_ms: landing.pauseMs ?? null,
      }));
      return query<EndedDelivery>(Prisma.sql`
        select delivery_id::text as "deliveryId", status
        from isthmus_land_webhook_deliveries(${JSON.stringify(items)}::jsonb, ${livesMs}::float8)`);
    },
    async expire(livesMs, limit) {
      const [row] = await query<{ done: number }>(Prisma.sql`
        select isthmus_expire_webhook_deliveries(${livesMs}::float8, ${limit}::integer) as done`);
      return row?.done ?? 0;
    },
    async count() {
      const [row] = await query<CountedRow>(
        Prisma.sql`select pending, oldest_at as "oldestAt", dead from isthmus_count_webhook_deliveries()`,
      );
      return row === undefined ? { pending: 0, oldestAt: null, dead: 0 } : toWaiting(row);
    },
    async pruneOutbox(keptForMs, deadKeptForMs, limit) {
      const [row] = await query<{ done: number }>(Prisma.sql`
        select isthmus_prune_outbox(${keptForMs}::float8, ${deadKeptForMs}::float8, ${limit}::integer) as done`);
      return row?.done ?? 0;
    },
  };
}
