import { type RunStart, startRun } from "../runs/start-run.js";
import type { Services } from "../services.js";
import { type OperationRunView, viewOperationRun } from "./operation-run-view.js";

/** Begins the work of a bulk operation, which then goes on without the request. Throws as {@link startRun}. */
export async function startOperationRun(services: Services, start: RunStart): Promise<OperationRunView> {
  return viewOperationRun(await startRun(services, start));
}
