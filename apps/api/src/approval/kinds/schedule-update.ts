import { NotFoundError } from "@isthmus/core";
import type { z } from "zod";
import { lockForSchedule } from "../../actions/find-connector.js";
import { findSchedule } from "../../actions/find-schedule.js";
import type { SyncScheduleChanges, SyncScheduleRow } from "../../repositories/index.js";
import { waitFor } from "../../syncs/fire-schedules.js";
import type { ChangeKind } from "../change-kind.js";
import { scheduleSettingsSchema, settingsOf } from "./schedule-settings.js";

const schema = scheduleSettingsSchema.partial();

/** Changed settings of a schedule: it is paused, or goes on from when the change is applied. */
export const scheduleUpdate: ChangeKind<z.infer<typeof schema>, SyncScheduleRow> = {
  name: "schedule.update",
  permission: "schedules.write",
  schema,
  async prepare(_services, { target: { id, version } }, change) {
    return {
      async apply({ syncSchedules }, note) {
        const before = await syncSchedules.findById(id);
        if (before === undefined) throw new NotFoundError("There is no such schedule.");
        const changes = changesOf(before, change, await syncSchedules.readTime());
        if (changes.pausedAt === null) await lockForSchedule(syncSchedules, before.connectorId);
        const row = await syncSchedules.update(id, version ?? 0, changes);
        const details = { connectorId: before.connectorId, ...change };
        await note("schedule.updated", details, { before, after: row });
        return row;
      },
    };
  },
  async invert(services, { tenantId, target: { id } }) {
    return { kind: "schedule.update", change: settingsOf(await findSchedule(services, tenantId, id)) };
  },
};

function changesOf(before: SyncScheduleRow, change: z.infer<typeof schema>, now: Date): SyncScheduleChanges {
  const { paused = before.pausedAt !== null, backfillFrom, ...rest } = change;
  const changes = {
    ...rest,
    ...(backfillFrom !== undefined && { backfillFrom: backfillFrom === null ? null : new Date(backfillFrom) }),
  };
  const after = { ...before, ...changes };
  const isRetimed = ["cron", "timeZone", "jitterSeconds"].some((field) => field in changes);
  if (paused) return { ...changes, pausedAt: before.pausedAt ?? now, ...waitFor(after, undefined) };
  if (before.pausedAt === null && !isRetimed) return changes;
  return { ...changes, pausedAt: null, ...waitFor(after, now) };
}
