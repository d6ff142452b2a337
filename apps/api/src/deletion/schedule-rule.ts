import type { DeletionRule } from "./deletion-rule.js";

/** Schedules that a refusal names. */
const named = 5;

/** Somebody counts on what an active schedule brings: it is to be paused or removed first, by whoever knows that (CON-002). */
export const scheduleRule: DeletionRule = {
  kind: "schedule",
  code: "SCHEDULES_ACTIVE",
  async findObstacle({ syncSchedules }, target) {
    const active = await syncSchedules.findActive(target.kind === "connector" ? target.connectorId : undefined);
    if (active.length === 0) return undefined;
    const names = active.slice(0, named).map(({ id, entity }) => `${entity} (${id})`);
    const others = active.length > named ? ` and ${active.length - named} more` : "";
    const detail = `There are active schedules: ${names.join(", ")}${others}. Pause or remove them first.`;
    return { ids: active.map(({ id }) => id), detail };
  },
};
