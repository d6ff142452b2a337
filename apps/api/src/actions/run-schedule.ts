import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { findActiveConnector } from "./find-connector.js";
import { findSchedule } from "./find-schedule.js";
import { type SyncRunView, viewSyncRun } from "./sync-run-view.js";

/**
 * Begins a run of a schedule now, paused or not; its times stay as they are. It waits where a run of the entity goes on.
 *
 * @throws {ApiError} `CONNECTOR_INACTIVE`.
 * @throws {NotFoundError}
 */
export async function runSchedule(services: Services, caller: Caller, id: string): Promise<SyncRunView> {
  await assertAllowed(services, caller, "syncs.run");
  const { connectorId, entity, mode } = await findSchedule(services, caller.tenantId, id);
  await findActiveConnector(services, caller.tenantId, connectorId);
  const row = await services.database.asTenant(caller.tenantId, async ({ syncRuns, auditEvents }) => {
    const created = await syncRuns.create({ id: newId(), connectorId, entity, mode, scheduleId: id });
    const facts = { action: "sync_run.requested", targetType: "sync_run", targetId: created.id } as const;
    const details = { connectorId, entity, mode, scheduleId: id };
    await auditEvents.append(auditOf(caller, { ...facts, outcome: "success", details }));
    return created;
  });
  return viewSyncRun(row);
}
