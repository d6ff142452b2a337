import { describeUnfinishedRun } from "../actions/assert-no-run.js";
import type { DeletionRule } from "./deletion-rule.js";

/** Without its connector nobody could end the work of a run at the vendor any more. A tenant's deletion cancels its runs first. */
export const operationRunRule: DeletionRule = {
  kind: "operation_run",
  code: "OPERATION_RUN_UNFINISHED",
  async findObstacle({ operationRuns }, target) {
    if (target.kind === "tenant") return undefined;
    const [run] = (await operationRuns.listUnfinished({ limit: 1 }, target.connectorId)).rows;
    return run && { ids: [run.id], detail: describeUnfinishedRun(run) };
  },
};
