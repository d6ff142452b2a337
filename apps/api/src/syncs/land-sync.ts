import type { ClaimedRun, SyncRunLanding, SyncRunRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/**
 * Stores what became of a run. Where a full one has read everything, what it has not seen is marked as deleted, and its cursor
 * becomes the entity's, in the same transaction.
 *
 * @returns `undefined`, and nothing is stored, when somebody else has the run.
 * @throws {DatabaseUnavailableError}
 */
export async function landSync(
  { database, logger }: Pick<Services, "database" | "logger">,
  { runId, attemptId, tenantId }: ClaimedRun,
  { connectorId, entity, mode }: SyncRunRow,
  landing: SyncRunLanding,
): Promise<SyncRunRow | undefined> {
  const isDone = landing.kind === "ended" && landing.status === "succeeded";
  const landed = await database.asTenant(tenantId, async ({ syncRuns, recordBatches, connectors, auditEvents }) => {
    if (isDone && mode === "full") await recordBatches.sweep({ runId, attemptId, connectorId, entity });
    if (landing.kind === "anew") await recordBatches.clearCursor(connectorId, entity);
    const row = await syncRuns.land(runId, attemptId, landing);
    if (row === undefined || row.endedAt === null) return row;
    // One that was deleted meanwhile has nothing to note.
    if (isDone && (await connectors.findById(connectorId))) await connectors.recordSync(connectorId);
    const { status, changed, unchanged, deleted, failed, error } = row;
    await auditEvents.append({
      action: "sync_run.ended",
      targetType: "sync_run",
      targetId: runId,
      outcome: status === "failed" ? "failure" : "success",
      details: { connectorId, entity, status, changed, unchanged, deleted, failed, ...(error && { code: error.code }) },
    });
    return row;
  });
  if (landed === undefined) {
    logger.warn({ tenantId, runId }, "A sync was taken over; what was found out about it is not stored");
  }
  return landed;
}
