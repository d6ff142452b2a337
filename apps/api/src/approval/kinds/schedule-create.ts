import { z } from "zod";
import { lockForSchedule } from "../../actions/find-connector.js";
import type { SyncScheduleRow } from "../../repositories/index.js";
import { waitFor } from "../../syncs/fire-schedules.js";
import type { ChangeKind } from "../change-kind.js";
import { scheduleSettingsSchema } from "./schedule-settings.js";

const schema = scheduleSettingsSchema.extend({ connectorId: z.string(), entity: z.string() });

/** A new schedule of a connector. */
export const scheduleCreate: ChangeKind<z.infer<typeof schema>, SyncScheduleRow> = {
  name: "schedule.create",
  permission: "schedules.write",
  schema,
  async prepare(_services, { target: { id }, requestedBy }, { paused, backfillFrom, ...rest }) {
    return {
      async apply({ syncSchedules }, note) {
        const now = await syncSchedules.readTime();
        const waiting = waitFor({ id, ...rest }, paused ? undefined : now);
        if (!paused) await lockForSchedule(syncSchedules, rest.connectorId);
        const times = {
          ...waiting,
          pausedAt: paused ? now : null,
          backfillFrom: backfillFrom === null ? null : new Date(backfillFrom),
        };
        const data = { ...rest, ...times, id, createdBy: requestedBy };
        const row = await syncSchedules.create(data);
        await note("schedule.created", { ...rest, backfillFrom, paused }, { after: row });
        return row;
      },
    };
  },
  invert: async () => ({ kind: "schedule.delete", change: {} }),
};
