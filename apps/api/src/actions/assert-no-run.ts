import { ApiError } from "../errors/index.js";
import type { OperationRunRepository } from "../repositories/index.js";

/**
 * Keeps a connector as long as it has a run: without it, or with another address, nobody could end the work of the run at the
 * vendor any more.
 *
 * @throws {ApiError} `OPERATION_RUN_UNFINISHED`, naming the run.
 */
export async function assertNoRun(operationRuns: OperationRunRepository, connectorId: string): Promise<void> {
  const [run] = (await operationRuns.listUnfinished({ limit: 1 }, connectorId)).rows;
  if (run === undefined) return;
  throw new ApiError(
    "OPERATION_RUN_UNFINISHED",
    `The operation run ${run.id} (${run.operation}) of this connector has not ended. Cancel it, or wait for its end.`,
  );
}
