import { NotFoundError } from "@isthmus/core";
import { z } from "zod";
import type { ChangeKind } from "../change-kind.js";

/** The end of a schedule. Its runs and records stay; a run that goes on does so. */
export const scheduleDelete: ChangeKind = {
  name: "schedule.delete",
  permission: "schedules.write",
  schema: z.object({}),
  async prepare(_, { target: { id, version } }) {
    return {
      async apply({ syncSchedules }, note) {
        const row = await syncSchedules.findById(id);
        if (row === undefined) throw new NotFoundError("There is no such schedule.");
        await syncSchedules.remove(id, version ?? 0);
        const { connectorId, entity } = row;
        await note("schedule.deleted", { connectorId, entity }, { before: row });
        return row;
      },
    };
  },
};
