import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { tellOfSync } from "../syncs/tell-of-sync.js";
import { auditOf } from "./audit.js";
import { getSyncRun } from "./get-sync-runs.js";
import { type SyncRunView, viewSyncRun } from "./sync-run-view.js";

/**
 * Ends a run: at once where nobody is at it, else after the batch under way. What is stored stays. Of one that has ended
 * already, nothing changes.
 *
 * @throws {NotFoundError}
 */
export async function cancelSyncRun(services: Services, caller: Caller, id: string): Promise<SyncRunView> {
  await assertAllowed(services, caller, "syncs.run");
  const row = await services.database.asTenant(caller.tenantId, async (work) => {
    const { syncRuns, auditEvents } = work;
    const cancelled = await syncRuns.cancel(id);
    if (cancelled === undefined) return undefined;
    const { connectorId, entity } = cancelled;
    const facts = { action: "sync_run.cancelled", targetType: "sync_run", targetId: id, outcome: "success" } as const;
    await auditEvents.append(auditOf(caller, { ...facts, details: { connectorId, entity } }));
    await tellOfSync(work, cancelled);
    return cancelled;
  });
  return row ? viewSyncRun(row) : getSyncRun(services, caller, id);
}
