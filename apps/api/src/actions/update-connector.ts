import { connectorUpdate } from "../approval/kinds/connector-update.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { assertVersion } from "./assert-version.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { findConnector, findReconnectBefore } from "./find-connector.js";
import { proveUpdate, type UpdateConnectorInput } from "./prove-connector-update.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/**
 * Changes a connector that is still at `expectedVersion`, or asks for the change where it is, or becomes, one of production.
 *
 * When it may talk to other hosts afterwards, or authenticates in another way, its tokens are destroyed: they were given
 * for the old address and must not travel to a new one.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {ApiError} `PRECONDITION_FAILED`, `EMERGENCY_UNCONFIRMED`, `FORBIDDEN`; `OPERATION_RUN_UNFINISHED` where the
 *   tokens would be destroyed, naming the run.
 * @throws {ConnectorError} as `createConnector`, and `NOT_FOUND`.
 */
export async function updateConnector(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  input: UpdateConnectorInput,
  emergency?: string,
): Promise<ChangeOutcome<ConnectorView>> {
  await assertAllowed(services, caller, "connectors.write");
  const row = await findConnector(services, caller.tenantId, id);
  assertVersion("connector", row, expectedVersion);
  const { change, diff } = await proveUpdate(services, row, input);
  const outcome = await submitChange(
    services,
    caller,
    {
      kind: connectorUpdate,
      target: { type: "connector", id, version: expectedVersion },
      targetName: row.connectorCode,
      connectorType: row.connectorType,
      change,
      diff,
      isProduction: row.environment === "production" || input.environment === "production",
    },
    emergency,
  );
  if (outcome.outcome === "requested") return outcome;
  return { ...outcome, result: viewConnector(outcome.result, await findReconnectBefore(services, outcome.result)) };
}
