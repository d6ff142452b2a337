import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertNoRun } from "./assert-no-run.js";
import { assertSandbox } from "./assert-sandbox.js";
import { connectorAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { findConnector } from "./find-connector.js";

/**
 * Deletes a connector: gives the grant back at the vendor as far as that is possible, then destroys the tokens and marks
 * the row as deleted; its sealed credentials stay in it. A vendor that is away does not keep a connector alive.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at any.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `FORBIDDEN`; `OPERATION_RUN_UNFINISHED`, naming the run.
 */
export async function deleteConnector(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  await assertAllowed(services, caller, "connectors.write");
  const { tenantId } = caller;
  const row = await findConnector(services, tenantId, id);
  assertSandbox(row.environment);
  if (expectedVersion !== undefined && row.version !== expectedVersion) {
    throw new ApiError("PRECONDITION_FAILED", `The connector is at version ${row.version}. Read it again and repeat.`);
  }
  // Before the grant goes, and once more where the deletion is certain: a run may begin in between.
  await services.database.asTenant(tenantId, ({ operationRuns }) => assertNoRun(operationRuns, id));
  const revoked = await revokeIfPossible(services, row);
  await withConflicts(() =>
    services.database.asTenant(tenantId, async ({ connectors, connectorTokens, operationRuns, auditEvents }) => {
      await connectorTokens.clear(id);
      await connectors.softDelete(id, expectedVersion ?? (await versionNow(connectors, id)));
      await assertNoRun(operationRuns, id);
      const details = { code: row.connectorCode, type: row.connectorType, revoked };
      await auditEvents.append(connectorAudit(caller, "connector.deleted", id, details));
    }),
  );
  services.pool.drop(id);
  services.events.emit("connector.deleted", { connection: { type: row.connectorType, tenantId, connectorId: id } });
}

/** Whether the vendor confirmed that the grant is gone. */
async function revokeIfPossible(services: Services, row: ConnectorRow): Promise<boolean> {
  if (row.credentials === null) return false;
  try {
    return await services.pool.use(row, async (connector) => (await connector.disconnect()).revoked);
  } catch (error) {
    services.logger.warn({ connectorId: row.id, err: error }, "A grant could not be given back before deletion");
    return false;
  }
}

async function versionNow(
  connectors: { findById(id: string): Promise<ConnectorRow | undefined> },
  id: string,
): Promise<number> {
  const row = await connectors.findById(id);
  if (row) return row.version;
  throw new NotFoundError("There is no such connector.");
}
