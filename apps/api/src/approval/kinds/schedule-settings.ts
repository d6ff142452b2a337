import { ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { SyncScheduleRow } from "../../repositories/index.js";

/** What may change of a schedule, as it is sealed. */
export const scheduleSettingsSchema = z.object({
  mode: z.enum(["incremental", "full"]),
  cron: z.string(),
  timeZone: z.string(),
  overlap: z.enum(["skip", "queue"]),
  catchUp: z.enum(["once", "all", "none"]),
  jitterSeconds: z.number(),
  /** ISO 8601. Requests of before it was there have none. */
  backfillFrom: z.string().nullable().default(null),
  paused: z.boolean(),
});

/** What may change of a schedule. */
export type ScheduleSettings = z.infer<typeof scheduleSettingsSchema>;

/** The settings of a schedule as it is stored. */
export function settingsOf({
  mode,
  cron,
  timeZone,
  overlap,
  catchUp,
  jitterSeconds,
  backfillFrom,
  pausedAt,
}: SyncScheduleRow): ScheduleSettings {
  return {
    mode,
    cron,
    timeZone,
    overlap,
    catchUp,
    jitterSeconds,
    backfillFrom: backfillFrom?.toISOString() ?? null,
    paused: pausedAt !== null,
  };
}

/** @throws {ValidationError} for a read from a time on that reads everything, or nothing yet. */
export function assertBackfill({ mode, backfillFrom }: ScheduleSettings, now: Date): void {
  if (backfillFrom === null) return;
  const refuse = (message: string) =>
    new ValidationError("The schedule cannot begin there.", [{ path: "backfillFrom", message }]);
  if (mode === "full") throw refuse("a full run reads everything: leave it out, or use the mode incremental");
  if (Date.parse(backfillFrom) > now.getTime()) throw refuse("must be in the past");
}
