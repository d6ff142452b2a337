import type { Changed } from "../approval/change-kind.js";
import { diffSettings } from "../approval/diff.js";
import { inboundEndpointDelete } from "../approval/kinds/inbound-endpoint-delete.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { assertVersion, atAnyVersion } from "./assert-version.js";
import { findInboundEndpoint } from "./find-inbound-endpoint.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/**
 * Deletes an inbound endpoint with its secrets and all that came to it, or asks for that where it is one of production.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at the one that it has now.
 * @param emergency - Nothing leads back from this deletion, so none is an emergency.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `EMERGENCY_UNCONFIRMED`, `EMERGENCY_UNSUPPORTED`, `FORBIDDEN`.
 */
export async function deleteInboundEndpoint(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
  emergency?: string,
): Promise<ChangeOutcome<Changed>> {
  await assertAllowed(services, caller, "inbound-endpoints.write");
  return atAnyVersion(expectedVersion, () => deleteAt(services, caller, id, expectedVersion, emergency));
}

async function deleteAt(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
  emergency: string | undefined,
): Promise<ChangeOutcome<Changed>> {
  const row = await findInboundEndpoint(services, caller.tenantId, id);
  assertVersion("endpoint", row, expectedVersion);
  const { name, environment, connectorType, version } = row;
  return submitChange(
    services,
    caller,
    {
      kind: inboundEndpointDelete,
      target: { type: "inbound_endpoint", id, version },
      targetName: name,
      connectorType,
      change: {},
      diff: diffSettings({ type: connectorType, name, environment, active: row.isActive }, undefined),
      isProduction: environment === "production",
    },
    emergency,
  );
}
