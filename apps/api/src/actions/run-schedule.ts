import { ConflictError } from "@isthmus/core";
import { assertBackfill, settingsOf } from "../approval/kinds/schedule-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import type { Services } from "../services.js";
import { assertFollowable } from "../syncs/followed-entity.js";
import { auditOf } from "./audit.js";
import { findActiveConnector } from "./find-connector.js";
import { findSchedule, readScheduleTime } from "./find-schedule.js";
import { type SyncRunView, viewSyncRun } from "./sync-run-view.js";

/** What a run does otherwise than its schedule. */
export interface RunScheduleInput {
  /** ISO 8601: what was changed since then is read again. */
  readonly backfillFrom?: string | undefined;
}

/** Runs of an entity that are open at the most, those of its schedules included: `isthmus_fire_schedules` makes no more either. */
const mostOpen = 100;

/**
 * Begins a run of a schedule now, paused or not; its times stay as they are. It waits where a run of the entity goes on.
 *
 * @throws {ApiError} `CONNECTOR_INACTIVE`.
 * @throws {ConflictError} when so many runs of the entity wait already.
 * @throws {ConnectorError} `VALIDATION_FAILED`, `UNSUPPORTED` for a time to begin at.
 * @throws {NotFoundError}
 */
export async function runSchedule(
  services: Services,
  caller: Caller,
  id: string,
  { backfillFrom: asked }: RunScheduleInput = {},
): Promise<SyncRunView> {
  await assertAllowed(services, caller, "syncs.run");
  const schedule = await findSchedule(services, caller.tenantId, id);
  const { connectorId, entity, mode } = schedule;
  const connector = await findActiveConnector(services, caller.tenantId, connectorId);
  if (asked !== undefined) {
    assertBackfill({ ...settingsOf(schedule), backfillFrom: asked }, await readScheduleTime(services, caller.tenantId));
    await assertFollowable(services, connector, true);
  }
  const row = await services.database.asTenant(caller.tenantId, async ({ syncRuns, recordBatches, auditEvents }) => {
    const open = await syncRuns.list({ connectorId, entity, isOpen: true }, { limit: mostOpen });
    if (open.rows.length === mostOpen) throw tooMany();
    const isFirst = (await recordBatches.findState(connectorId, entity)).cursor === undefined;
    const backfillFrom = asked === undefined ? (isFirst ? schedule.backfillFrom : null) : new Date(asked);
    const isLong = isFirst || mode === "full" || backfillFrom !== null;
    const created = await syncRuns.create({
      id: newId(),
      connectorId,
      entity,
      mode,
      scheduleId: id,
      backfillFrom,
      isLong,
    });
    const facts = { action: "sync_run.requested", targetType: "sync_run", targetId: created.id } as const;
    const details = { connectorId, entity, mode, scheduleId: id, ...(backfillFrom && { backfillFrom }) };
    await auditEvents.append(auditOf(caller, { ...facts, outcome: "success", details }));
    return created;
  });
  return viewSyncRun(row);
}

function tooMany(): ConflictError {
  return new ConflictError(
    `${mostOpen} runs of this entity wait already, and each reads what changed. Wait for one of them.`,
  );
}
