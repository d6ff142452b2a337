import { diffSettings } from "../approval/diff.js";
import { connectorDelete } from "../approval/kinds/connector-delete.js";
import { settingsOf, showSettings } from "../approval/kinds/connector-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { DeletionRequest } from "../deletion/apply-deletion.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertVersion, atAnyVersion } from "./assert-version.js";
import { findConnector } from "./find-connector.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/**
 * Deletes a connector, or asks for that where it is one of production: nothing reaches it any more, and its code is free. What
 * is sealed of it stays, its tokens included, so that it can be restored within the retention time; a worker purges it
 * afterwards. Its vendor is not asked for anything.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `EMERGENCY_UNCONFIRMED`, `FORBIDDEN`; what a deletion rule refuses with, such as
 *   `OPERATION_RUN_UNFINISHED`.
 */
export async function deleteConnector(
  services: Services,
  caller: Caller,
  request: DeletionRequest,
  emergency?: string,
): Promise<ChangeOutcome<ConnectorRow>> {
  await assertAllowed(services, caller, "connectors.write");
  return atAnyVersion(request.expectedVersion, () => deleteAt(services, caller, request, emergency));
}

async function deleteAt(
  services: Services,
  caller: Caller,
  { id, expectedVersion }: DeletionRequest,
  emergency: string | undefined,
): Promise<ChangeOutcome<ConnectorRow>> {
  const row = await findConnector(services, caller.tenantId, id);
  assertVersion("connector", row, expectedVersion);
  const isProduction = row.environment === "production";
  return submitChange(
    services,
    caller,
    {
      kind: connectorDelete,
      target: { type: "connector", id, version: row.version },
      targetName: row.connectorCode,
      connectorType: row.connectorType,
      change: {},
      diff: diffSettings({ type: row.connectorType, ...showSettings(settingsOf(row)) }, undefined),
      isProduction,
    },
    emergency,
  );
}
