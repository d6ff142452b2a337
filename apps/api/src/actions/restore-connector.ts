import { NotFoundError } from "@isthmus/core";
import { diffSettings } from "../approval/diff.js";
import { connectorRestore } from "../approval/kinds/connector-restore.js";
import { settingsOf, showSettings } from "../approval/kinds/connector-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { RestoreRequest } from "../deletion/apply-restore.js";
import type { Services } from "../services.js";
import { assertVersion, atAnyVersion } from "./assert-version.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { findReconnectBefore } from "./find-connector.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/**
 * Brings a deleted connector back as it was, with its tokens, or asks for that where it is one of production: it works at
 * once, unless its grant has ended at the vendor.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {NotFoundError} when there is no such connector among the deleted ones of the tenant.
 * @throws {ConflictError} when another connector has its code by now, naming it.
 * @throws {ApiError} `RESTORE_TOO_LATE`, `PRECONDITION_FAILED`, `EMERGENCY_UNCONFIRMED`, `FORBIDDEN`.
 */
export async function restoreConnector(
  services: Services,
  caller: Caller,
  request: RestoreRequest,
  emergency?: string,
): Promise<ChangeOutcome<ConnectorView>> {
  await assertAllowed(services, caller, "connectors.write");
  return atAnyVersion(request.expectedVersion, () => restoreAt(services, caller, request, emergency));
}

async function restoreAt(
  services: Services,
  caller: Caller,
  { id, expectedVersion, code }: RestoreRequest,
  emergency: string | undefined,
): Promise<ChangeOutcome<ConnectorView>> {
  const row = await services.database.asTenant(caller.tenantId, ({ connectors }) => connectors.findDeleted(id));
  if (row === undefined) throw new NotFoundError("There is no such connector among the deleted ones.");
  assertVersion("connector", row, expectedVersion);
  const isProduction = row.environment === "production";
  const settings = settingsOf(row);
  const restored = { ...settings, connectorCode: code ?? settings.connectorCode };
  const outcome = await submitChange(
    services,
    caller,
    {
      kind: connectorRestore,
      target: { type: "connector", id, version: row.version },
      targetName: row.connectorCode,
      connectorType: row.connectorType,
      change: { ...(code !== undefined && { code }) },
      diff: diffSettings(undefined, { type: row.connectorType, ...showSettings(restored) }),
      isProduction,
    },
    emergency,
  );
  if (outcome.outcome === "requested") return outcome;
  return { ...outcome, result: viewConnector(outcome.result, await findReconnectBefore(services, outcome.result)) };
}
