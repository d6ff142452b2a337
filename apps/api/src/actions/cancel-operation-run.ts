import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import { claimOf } from "../runs/run-hold.js";
import { workOnRun } from "../runs/work-on-run.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { findOperationRun } from "./get-operation-runs.js";
import { type OperationRunView, viewOperationRun } from "./operation-run-view.js";

/**
 * Ends the work of a run at the vendor: at once where nobody is at it, otherwise as soon as whoever is at it notices. What is
 * done by then stays done. Doing it twice does no harm.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} `OPERATION_RUN_ENDED` when it has succeeded or failed; `FORBIDDEN`.
 */
export async function cancelOperationRun(services: Services, caller: Caller, id: string): Promise<OperationRunView> {
  await assertAllowed(services, caller, "operations.write");
  const { tenantId } = caller;
  const attemptId = newId();
  const noted = await services.database.asTenant(tenantId, async ({ operationRuns, auditEvents }) => {
    const cancel = await operationRuns.cancel(id, claimOf(services.settings, attemptId));
    if (!cancel?.isNew) return cancel;
    const { operation, connectorId } = cancel.run;
    const facts = { action: "operation_run.cancel_requested", targetType: "operation_run", targetId: id } as const;
    await auditEvents.append(auditOf(caller, { ...facts, outcome: "success", details: { operation, connectorId } }));
    return cancel;
  });
  if (noted?.isClaimed) await workOnRun(services, { tenantId, runId: id, attemptId });
  const row = await findOperationRun(services, tenantId, id);
  if (noted === undefined && row.status !== "cancelled") {
    throw new ApiError("OPERATION_RUN_ENDED", `The run has ended: it has ${row.status}. There is nothing to cancel.`);
  }
  return viewOperationRun(row);
}
