import { ConnectorError } from "@isthmus/core";
import { inboundEndpointCreate } from "../approval/kinds/inbound-endpoint-create.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import type { ChangeDiffEntry } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type InboundEndpointView, viewInboundEndpoint } from "./inbound-endpoint-view.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/** What a new inbound endpoint is made of. */
export interface CreateInboundEndpointInput {
  readonly type: string;
  readonly name: string;
  /** Only connectors of this environment are told. */
  readonly environment: "sandbox" | "production";
  /** Without one every delivery is refused: some vendors show theirs only once they know the address. */
  readonly secret?: string | undefined;
}

/**
 * Makes an address that a vendor may deliver to, or asks for one of production.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {ConnectorError} `UNKNOWN_CONNECTOR_TYPE`; `UNSUPPORTED` when the type takes no deliveries.
 * @throws {ApiError} `FORBIDDEN`.
 */
export async function createInboundEndpoint(
  services: Services,
  caller: Caller,
  { type, name, environment, secret }: CreateInboundEndpointInput,
  emergency?: string,
): Promise<ChangeOutcome<InboundEndpointView>> {
  await assertAllowed(services, caller, "inbound-endpoints.write");
  if (services.connectors.definition(type).inbound === undefined) {
    throw new ConnectorError("UNSUPPORTED", "Connectors of this type take no deliveries.");
  }
  const added = Object.entries({ type, name, environment }).map(
    ([path, after]): ChangeDiffEntry => ({ path, change: "added", after }),
  );
  const outcome = await submitChange(
    services,
    caller,
    {
      kind: inboundEndpointCreate,
      target: { type: "inbound_endpoint", id: newId(), version: null },
      targetName: name,
      connectorType: type,
      change: { connectorType: type, name, environment, secrets: secret === undefined ? [] : [secret] },
      diff: [...added, ...(secret === undefined ? [] : [{ path: "secret", change: "added" } as const])],
      isProduction: environment === "production",
    },
    emergency,
  );
  if (outcome.outcome === "requested") return outcome;
  return { ...outcome, result: viewInboundEndpoint(services, outcome.result) };
}
