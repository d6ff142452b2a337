import { ApiError } from "../errors/index.js";
import type { OperationRunRepository, OperationRunRow } from "../repositories/index.js";

/**
 * Keeps a connector as it is as long as it has a run: with another address, nobody could end the work of the run at the vendor
 * any more.
 *
 * @throws {ApiError} `OPERATION_RUN_UNFINISHED`, naming the run.
 */
export async function assertNoRun(operationRuns: OperationRunRepository, connectorId: string): Promise<void> {
  const [run] = (await operationRuns.listUnfinished({ limit: 1 }, connectorId)).rows;
  if (run !== undefined) throw new ApiError("OPERATION_RUN_UNFINISHED", describeUnfinishedRun(run));
}

/** Which run stands in the way, and what to do about it. */
export function describeUnfinishedRun({ id, operation }: Pick<OperationRunRow, "id" | "operation">): string {
  return `The operation run ${id} (${operation}) of this connector has not ended. Cancel it, or wait for its end.`;
}
