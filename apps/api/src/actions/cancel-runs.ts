import { mapConcurrently } from "../concurrently.js";
import { DatabaseUnavailableError, newId } from "../database/index.js";
import type { OperationRunRow } from "../repositories/index.js";
import { claimOf } from "../runs/run-hold.js";
import { workOnRun } from "../runs/work-on-run.js";
import type { Services } from "../services.js";
import { whenAborted } from "./when-aborted.js";

/** What became of a tenant's runs at the vendors. */
export interface CancelledRuns {
  /** How many have ended. */
  readonly cancelled: number;
  /** Those whose work may go on at the vendor, and why. */
  readonly notCancelled: { readonly runId: string; readonly connectorId: string; readonly code: string }[];
}

const pageSize = 200;
/** Vendors that are asked at once. */
const atOnce = 10;

/**
 * Ends every unfinished run of a tenant at its vendor, as far as that is possible before `signal` ends it: then the rest is
 * not cancelled, with the code `TIMEOUT`, as the audit says of each. Whoever is at a run stores nothing of it any more.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function cancelRuns(services: Services, tenantId: string, signal: AbortSignal): Promise<CancelledRuns> {
  const notCancelled: { runId: string; connectorId: string; code: string }[] = [];
  const late = whenAborted(signal);
  let cancelled = 0;
  let after: string | undefined;
  do {
    const page = { limit: pageSize, ...(after !== undefined && { after }) };
    const { rows, nextCursor } = await services.database.asTenant(tenantId, ({ operationRuns }) =>
      operationRuns.listUnfinished(page),
    );
    await mapConcurrently(rows, atOnce, async (run) => {
      const code = await cancel(services, run, signal, late);
      if (code === undefined) cancelled += 1;
      else notCancelled.push({ runId: run.id, connectorId: run.connectorId, code });
    });
    after = nextCursor;
  } while (after !== undefined);
  await services.database.asTenant(tenantId, async ({ auditEvents }) => {
    for (const { runId, ...details } of notCancelled) {
      const facts = { action: "operation_run.abandoned", targetType: "operation_run", targetId: runId } as const;
      await auditEvents.append({ ...facts, outcome: "failure", details });
    }
  });
  return { cancelled, notCancelled };
}

/** @returns why not; `undefined` when it has ended without an error of the way to the vendor. */
async function cancel(
  services: Services,
  { id: runId, tenantId }: OperationRunRow,
  signal: AbortSignal,
  late: Promise<never>,
): Promise<string | undefined> {
  if (signal.aborted) return "TIMEOUT";
  const attemptId = newId();
  try {
    const noted = await services.database.asTenant(tenantId, ({ operationRuns }) =>
      operationRuns.cancel(runId, claimOf(services.settings, attemptId), true),
    );
    if (noted === undefined) return undefined;
    const run = await Promise.race([workOnRun(services, { tenantId, runId, attemptId }), late]);
    if (run === undefined || run.status === "cancelled") return undefined;
    return run.error?.code ?? "VENDOR_UNAVAILABLE";
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    if (signal.aborted) return "TIMEOUT";
    services.logger.warn({ tenantId, runId, err: error }, "An operation run could not be ended");
    return "INTERNAL";
  }
}
