import { z } from "zod";

/** What may change of a schedule, as it is sealed. */
export const scheduleSettingsSchema = z.object({
  mode: z.enum(["incremental", "full"]),
  cron: z.string(),
  timeZone: z.string(),
  overlap: z.enum(["skip", "queue"]),
  catchUp: z.enum(["once", "all", "none"]),
  jitterSeconds: z.number(),
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
  pausedAt,
}: Omit<ScheduleSettings, "paused"> & { readonly pausedAt: Date | null }): ScheduleSettings {
  return { mode, cron, timeZone, overlap, catchUp, jitterSeconds, paused: pausedAt !== null };
}
