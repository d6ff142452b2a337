import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { OperationRunFilter, OperationRunRow } from "../repositories/index.js";
import { openOutput } from "../runs/run-work.js";
import type { Services } from "../services.js";
import { type OperationRunView, viewOperationRun } from "./operation-run-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** The tenant's runs, newest first, without their outputs. */
export async function listOperationRuns(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: OperationRunFilter },
): Promise<ListAnswer<OperationRunView>> {
  await assertAllowed(services, caller, "operations.read");
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, ({ operationRuns }) =>
    operationRuns.list(filter, page),
  );
  return toListAnswer(found, (row) => viewOperationRun(row));
}

/** One run, with its output. @throws {NotFoundError} also for another tenant's. */
export async function getOperationRun(services: Services, caller: Caller, id: string): Promise<OperationRunView> {
  await assertAllowed(services, caller, "operations.read");
  const row = await findOperationRun(services, caller.tenantId, id);
  return viewOperationRun(row, await openOutput(services.vault, row));
}

/** The run of the caller's tenant. @throws {NotFoundError} also for another tenant's. */
export async function findOperationRun({ database }: Services, tenantId: string, id: string): Promise<OperationRunRow> {
  const row = await database.asTenant(tenantId, ({ operationRuns }) => operationRuns.findById(id));
  if (row) return row;
  throw new NotFoundError("There is no such operation run. One that has ended is kept for 7 days.");
}
