import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import { type Page, type PageRequest, type SystemQuery, toPage } from "./client.js";
import type { PlatformRequest } from "./system-events.js";
import type { NoteWork } from "./work-kinds.js";

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
  /** Whether it never will. */
  readonly refused: boolean;
  /** Whether it took others at about that time: then it is the event that fails, and not the sink. */
  readonly othersTaken: boolean;
  /** Why it was not taken. */
  readonly failureCode?: string | undefined;
  /** After which it comes again, in milliseconds. */
  readonly retryMs: number;
}

/** What became of an event. */
export interface LandedForSink {
  readonly eventId: string;
  readonly taken: boolean;
  /** Whether it does not come again by itself. */
  readonly dead: boolean;
}

/** An event that was given up. Not what it says: that is its tenant's. */
export interface DeadLetterRow {
  readonly eventId: string;
  readonly tenantId: string;
  readonly type: string;
  readonly attempts: number;
  readonly failureCode: string | null;
  readonly happenedAt: Date;
  readonly deadAt: Date;
}

/** Which dead letters. */
export interface DeadLetterFilter {
  readonly sink: string;
  readonly tenantId?: string | undefined;
}

/** Which dead letters come again. */
export type ReplayedLetters = DeadLetterFilter & { readonly eventId?: string | undefined };

/** How much waits. */
export interface WaitingEvents {
  readonly pending: number;
  /** When the first of them happened; null = nothing waits. */
  readonly oldestAt: Date | null;
  readonly dead: number;
}

/** Events of all tenants for the operator's sinks. Times go by the database clock. */
export interface SystemSinkRepository {
  /**
   * Takes events that are due, `limit` at most: nobody else takes them while `leaseMs` lasts.
   *
   * @param resting - Tenants whose events are left alone. Default: none.
   */
  claimDue(
    sink: string,
    limit: number,
    leaseMs: number,
    resting?: readonly string[],
  ): Promise<readonly ClaimedForSink[]>;
  /**
   * Stores what the sink said to them, and lets what waited for those that are done go next. Somebody else's are left alone.
   *
   * @param mostRefusals - Failures while the sink took others, after which an event is given up.
   */
  land(sink: string, landings: readonly SinkLanding[], mostRefusals: number): Promise<readonly LandedForSink[]>;
  /** Newest first. */
  listDead(filter: DeadLetterFilter, page: PageRequest): Promise<Page<DeadLetterRow>>;
  /**
   * Lets dead letters come again, the oldest first, `limit` at most: all of them, a tenant's, or one. It is in the platform's
   * audit then.
   *
   * @returns how many.
   */
  replay(which: ReplayedLetters, limit: number, request: PlatformRequest): Promise<number>;
  /** Of each sink that something waits for. */
  count(): Promise<readonly (WaitingEvents & { readonly sink: string })[]>;
}

/** The functions for sinks. */
export function createSystemSinkRepository(query: SystemQuery, noteWork: NoteWork): SystemSinkRepository {
  return {
    claimDue(sink, limit, leaseMs, resting = []) {
      const attemptIds = Array.from({ length: limit }, newId);
      return query<ClaimedForSink>(Prisma.sql`
        select event_id::text as "eventId", attempt_id::text as "attemptId", tenant_id::text as "tenantId", attempts, type,
          payload, happened_at as "happenedAt"
        from isthmus_claim_sink_deliveries(${sink}, ${attemptIds}::uuid[], ${leaseMs}::float8, ${[...resting]}::uuid[])`);
    },
    land(sink, landings, mostRefusals) {
      const items = landings.map((landing) => ({
        event_id: landing.eventId,
        attempt_id: landing.attemptId,
        taken: landing.taken,
        refused: landing.refused,
        others_taken: landing.othersTaken,
        failure_code: landing.failureCode ?? null,
        retry_ms: landing.retryMs,
      }));
      return query<LandedForSink>(Prisma.sql`
        select event_id::text as "eventId", taken, dead
        from isthmus_land_sink_deliveries(${sink}, ${JSON.stringify(items)}::jsonb, ${mostRefusals}::integer)`);
    },
    async listDead({ sink, tenantId }, { limit, after }) {
      const rows = await query<DeadLetterRow & { readonly id: string }>(Prisma.sql`
        select event_id::text as id, event_id::text as "eventId", tenant_id::text as "tenantId", type, attempts,
          failure_code as "failureCode", happened_at as "happenedAt", dead_at as "deadAt"
        from isthmus_list_sink_dead_letters(
          ${sink}, ${tenantId ?? null}::uuid, ${after ?? null}::uuid, ${limit + 1}::integer)`);
      return toPage(rows, limit);
    },
    async replay({ sink, tenantId, eventId }, limit, { id, ip }) {
      const [row] = await query<{ replayed: number }>(Prisma.sql`
        select isthmus_replay_sink_deliveries(
          ${sink}, ${tenantId ?? null}::uuid, ${eventId ?? null}::uuid, ${limit}::integer, ${newId()}::uuid, ${ip}, ${id}
        ) as replayed`);
      const replayed = row?.replayed ?? 0;
      if (replayed > 0) noteWork("deliveries");
      return replayed;
    },
    async count() {
      const rows = await query<CountedRow & { readonly sink: string }>(
        Prisma.sql`select sink, pending, oldest_at as "oldestAt", dead from isthmus_count_sink_deliveries()`,
      );
      return rows.map(({ sink, ...row }) => ({ sink, ...toWaiting(row) }));
    },
  };
}

/** {@link WaitingEvents} as the database counts. */
export interface CountedRow {
  readonly pending: bigint;
  readonly oldestAt: Date | null;
  readonly dead: bigint;
}

/** With numbers. */
export function toWaiting({ pending, oldestAt, dead }: CountedRow): WaitingEvents {
  return { pending: Number(pending), oldestAt, dead: Number(dead) };
}
