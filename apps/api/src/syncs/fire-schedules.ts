import { createHash } from "node:crypto";
import type { DueSchedule, FiredSchedule } from "../repositories/index.js";
import type { Services } from "../services.js";
import { dueTicks, nextTick, type Timing } from "./ticks.js";

/** Schedules that are looked at in one step. */
const batchSize = 500;
/** Whoever ends while it looks at schedules leaves them to the next one after so long, in milliseconds. */
const holdMs = 15_000;

/**
 * Makes the runs of all schedules that are due, and sets their next times: any number of processes may do this at once, and each
 * time of a schedule gets one run.
 *
 * @returns how many schedules were due.
 * @throws {DatabaseUnavailableError}
 */
export async function fireDueSchedules({ database, logger }: Pick<Services, "database" | "logger">): Promise<number> {
  const due = await database.asSystem(({ syncs }) => syncs.claimDueSchedules(batchSize, holdMs));
  const fired: FiredSchedule[] = [];
  for (const schedule of due) {
    try {
      fired.push(fire(schedule));
    } catch (error) {
      // It was readable when it was stored. The others must not wait for it.
      logger.error({ scheduleId: schedule.scheduleId, err: error }, "A schedule cannot be read; it is not run");
    }
  }
  if (fired.length > 0) await database.asSystem(({ syncs }) => syncs.fireSchedules(fired));
  return due.length;
}

function fire({ scheduleId, tickAt, lookedAt, catchUp, jitterSeconds, ...timing }: DueSchedule): FiredSchedule {
  // By a clock that is as much behind as its runs are: what waits for its jitter is neither missed nor late.
  const now = Math.max(tickAt.getTime(), lookedAt.getTime() - jitterMs(scheduleId, jitterSeconds));
  const { ticks, next } = dueTicks(timing, tickAt, new Date(now), catchUp);
  return { scheduleId, tickAt, ticks, next: next && dueAt(scheduleId, next, jitterSeconds) };
}

/** A time of a schedule with its jitter, which is the same each time: its runs keep their distance. */
function dueAt(
  scheduleId: string,
  tickAt: Date,
  jitterSeconds: number,
): { readonly tickAt: Date; readonly dueAt: Date } {
  return { tickAt, dueAt: new Date(tickAt.getTime() + jitterMs(scheduleId, jitterSeconds)) };
}

function jitterMs(scheduleId: string, jitterSeconds: number): number {
  const share = createHash("sha256").update(scheduleId).digest().readUInt32BE() / 2 ** 32;
  return Math.floor(share * jitterSeconds * 1_000);
}

/**
 * What a schedule waits for from `now` on; without a time for nothing, because it is paused.
 *
 * @throws {ValidationError} for a cron expression or a time zone that there is not.
 */
export function waitFor(
  { id, jitterSeconds, ...timing }: Timing & { readonly id: string; readonly jitterSeconds: number },
  now: Date | undefined,
): { readonly tickAt: Date | null; readonly dueAt: Date | null } {
  const tick = nextTick(timing, now ?? new Date(0));
  return now === undefined || tick === undefined ? { tickAt: null, dueAt: null } : dueAt(id, tick, jitterSeconds);
}
