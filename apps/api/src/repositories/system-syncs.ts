import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";
import type { SyncCatchUp, SyncOverlap } from "./sync-schedules.js";
import type { ClaimedRun } from "./system-runs.js";
import type { NoteWork } from "./work-kinds.js";

/** A schedule that is due, with what says when it is due next. */
export interface DueSchedule {
  readonly tenantId: string;
  readonly scheduleId: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly overlap: SyncOverlap;
  readonly catchUp: SyncCatchUp;
  readonly jitterSeconds: number;
  /** The time that it waited for. */
  readonly tickAt: Date;
  /** The time of the database when it was looked at. */
  readonly lookedAt: Date;
}

/** A schedule that has been looked at. */
export interface FiredSchedule {
  readonly scheduleId: string;
  /** The time that it waited for: when it has moved on since, nothing is done. */
  readonly tickAt: Date;
  /** Times that get a run. */
  readonly ticks: readonly Date[];
  /** What it waits for now; `undefined` = nothing. */
  readonly next: { readonly tickAt: Date; readonly dueAt: Date } | undefined;
}

/** A run that somebody has taken. */
export interface ClaimedSyncRun extends ClaimedRun {
  /** Whether it reads everything: a full one, one from a time on, the first of its entity. */
  readonly isLong: boolean;
}

/** What a worker has room for. */
export interface SyncRoom {
  /** The tenant of each run that it has under way. */
  readonly underWay: readonly string[];
  /** Runs of one tenant at once, with those under way. */
  readonly tenantAtMost: number;
  /** Long runs to take. */
  readonly longAtMost: number;
}

/** Schedules and runs of all tenants. Times go by the database clock. */
export interface SystemSyncRepository {
  /** Schedules that are due, `limit` at most. Nobody else is given them while `holdMs` lasts. */
  claimDueSchedules(limit: number, holdMs: number): Promise<readonly DueSchedule[]>;
  /** Makes their runs and sets their next times, at once. @returns how many runs. */
  fireSchedules(fired: readonly FiredSchedule[]): Promise<number>;
  /**
   * Takes runs that may go on, tenants in turn: nobody else takes them while `leaseMs` lasts.
   *
   * @param room - What there is room for. Default: anything.
   */
  claimRuns(limit: number, leaseMs: number, room?: SyncRoom): Promise<readonly ClaimedSyncRun[]>;
  /** Removes records that the vendors deleted so long ago, `limit` at most. @returns how many. */
  pruneRecords(keptForMs: number, limit: number): Promise<number>;
  /** Removes what full runs have seen that have ended, `limit` rows at most. @returns how many. */
  pruneSightings(limit: number): Promise<number>;
  /** Removes runs that ended so long ago, `limit` at most. @returns how many. */
  prune(keptForMs: number, limit: number): Promise<number>;
}

/** The functions for syncs. */
export function createSystemSyncRepository(query: SystemQuery, noteWork: NoteWork): SystemSyncRepository {
  return {
    claimDueSchedules: (limit, holdMs) =>
      query<DueSchedule>(Prisma.sql`
        select tenant_id::text as "tenantId", schedule_id::text as "scheduleId", cron, time_zone as "timeZone", overlap,
          catch_up as "catchUp", jitter_seconds as "jitterSeconds", tick_at as "tickAt", looked_at as "lookedAt"
        from isthmus_claim_due_schedules(${limit}::integer, ${holdMs}::float8)`),
    async fireSchedules(fired) {
      const rows = fired.map(({ scheduleId, tickAt, ticks, next }) => ({
        schedule_id: scheduleId,
        tick_at: tickAt,
        ticks: ticks.map((tick) => ({ run_id: newId(), tick_at: tick })),
        next_tick_at: next?.tickAt ?? null,
        next_due_at: next?.dueAt ?? null,
      }));
      const [row] = await query<{ made: number }>(
        Prisma.sql`select isthmus_fire_schedules(${JSON.stringify(rows)}::jsonb) as made`,
      );
      const made = row?.made ?? 0;
      if (made > 0) noteWork("syncs");
      return made;
    },
    claimRuns(limit, leaseMs, { underWay, tenantAtMost, longAtMost } = anyRoom(limit)) {
      const attemptIds = Array.from({ length: limit }, newId);
      return query<ClaimedSyncRun>(Prisma.sql`
        select tenant_id::text as "tenantId", run_id::text as "runId", attempt_id::text as "attemptId", is_long as "isLong"
        from isthmus_claim_sync_runs(${attemptIds}::uuid[], ${leaseMs}::float8, ${[...underWay]}::uuid[],
          ${tenantAtMost}::integer, ${longAtMost}::integer)`);
    },
    async pruneRecords(keptForMs, limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_records(${keptForMs}::float8, ${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
    async pruneSightings(limit) {
      const [row] = await query<{ removed: number }>(
        Prisma.sql`select isthmus_prune_sightings(${limit}::integer) as removed`,
      );
      return row?.removed ?? 0;
    },
    async prune(keptForMs, limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_sync_runs(${keptForMs}::float8, ${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}

function anyRoom(limit: number): SyncRoom {
  return { underWay: [], tenantAtMost: limit, longAtMost: limit };
}
