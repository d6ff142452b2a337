import type { SyncScheduleRow } from "../repositories/index.js";
import { nextTicks } from "../syncs/ticks.js";

/** Times that a schedule shows ahead. */
const shownAhead = 5;

/** A schedule as it is answered, with the next times at which it will run. `now` is the time to look from. */
export function viewSchedule(row: SyncScheduleRow, now: Date) {
  const { id, connectorId, entity, mode, cron, timeZone, overlap, catchUp, jitterSeconds, version, createdBy } = row;
  const ahead = row.pausedAt === null ? nextTicks({ cron, timeZone }, now, shownAhead) : [];
  return {
    id,
    connectorId,
    entity,
    mode,
    cron,
    timeZone,
    overlap,
    catchUp,
    jitterSeconds,
    backfillFrom: row.backfillFrom?.toISOString() ?? null,
    paused: row.pausedAt !== null,
    nextRuns: ahead.map((each) => each.toISOString()),
    version,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** See {@link viewSchedule}. */
export type ScheduleView = ReturnType<typeof viewSchedule>;
