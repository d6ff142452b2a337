import type { ClaimedRun, OperationRunRow, RunLanding } from "../repositories/index.js";
import type { Services } from "../services.js";

/**
 * Stores what became of a run, and, where that is its end, the event of it in the audit.
 *
 * @returns `undefined`, and nothing is stored, when somebody else has the run.
 * @throws {DatabaseUnavailableError}
 */
export async function landRun(
  { database, logger }: Pick<Services, "database" | "logger">,
  { tenantId, runId, attemptId }: ClaimedRun,
  landing: RunLanding,
): Promise<OperationRunRow | undefined> {
  const landed = await database.asTenant(tenantId, async ({ operationRuns, recordWrites, auditEvents }) => {
    const row = await operationRuns.land(runId, attemptId, landing);
    if (row === undefined || row.endedAt === null) return row;
    await recordWrites.end(runId);
    const { status, operation, connectorId, processed, failed, error } = row;
    await auditEvents.append({
      action: "operation_run.ended",
      targetType: "operation_run",
      targetId: runId,
      outcome: status === "failed" ? "failure" : "success",
      details: { operation, connectorId, status, processed, failed, ...(error && { code: error.code }) },
    });
    return row;
  });
  if (landed === undefined) {
    logger.warn({ tenantId, runId }, "An operation run was taken over; what was found out about it is not stored");
  }
  return landed;
}
