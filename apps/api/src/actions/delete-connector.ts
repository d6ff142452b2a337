import { assertAllowed, type Caller } from "../authorization/index.js";
import { afterDeletion, applyDeletion } from "../deletion/apply-deletion.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { withConflicts } from "./database-conflicts.js";
import { findConnector } from "./find-connector.js";

/**
 * Deletes a connector: nothing reaches it any more, and its code is free. What is sealed of it stays, its tokens included, so
 * that it can be restored within the retention time; a worker purges it afterwards. Its vendor is not asked for anything.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at any.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `FORBIDDEN`; what a deletion rule refuses with, such as
 *   `OPERATION_RUN_UNFINISHED`.
 */
export async function deleteConnector(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  await assertAllowed(services, caller, "connectors.write");
  assertSandbox((await findConnector(services, caller.tenantId, id)).environment);
  const row = await withConflicts(() =>
    services.database.asTenant(caller.tenantId, (work) =>
      applyDeletion(services, work, caller, { id, expectedVersion }),
    ),
  );
  afterDeletion(services, row);
}
