import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { afterRestore, applyRestore, type RestoreRequest } from "../deletion/apply-restore.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { withConflicts } from "./database-conflicts.js";
import { findReconnectBefore } from "./find-connector.js";

/**
 * Brings a deleted connector back as it was, with its tokens: it works at once, unless its grant has ended at the vendor.
 *
 * @throws {NotFoundError} when there is no such connector among the deleted ones of the tenant.
 * @throws {ConflictError} when another connector has its code by now, naming it.
 * @throws {ApiError} `RESTORE_TOO_LATE`, `PRECONDITION_FAILED`, `FORBIDDEN`.
 */
export async function restoreConnector(
  services: Services,
  caller: Caller,
  request: RestoreRequest,
): Promise<ConnectorView> {
  await assertAllowed(services, caller, "connectors.write");
  const { tenantId } = caller;
  const deleted = await services.database.asTenant(tenantId, ({ connectors }) => connectors.findDeleted(request.id));
  if (deleted === undefined) throw new NotFoundError("There is no such connector among the deleted ones.");
  assertSandbox(deleted.environment);
  const row = await withConflicts(() =>
    services.database.asTenant(tenantId, (work) => applyRestore(work, caller, request)),
  );
  afterRestore(services, row);
  return viewConnector(row, await findReconnectBefore(services, row));
}
