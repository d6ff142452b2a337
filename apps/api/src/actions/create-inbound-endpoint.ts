import { ConnectorError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { sealSecrets } from "../inbound/endpoint-secrets.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { inboundAudit } from "./audit.js";
import { type InboundEndpointView, viewInboundEndpoint } from "./inbound-endpoint-view.js";

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
 * Makes an address that a vendor may deliver to.
 *
 * @throws {ConnectorError} `UNKNOWN_CONNECTOR_TYPE`; `UNSUPPORTED` when the type takes no deliveries.
 * @throws {ApiError} `FORBIDDEN`, `APPROVAL_UNAVAILABLE`.
 */
export async function createInboundEndpoint(
  services: Services,
  caller: Caller,
  { type, name, environment, secret }: CreateInboundEndpointInput,
): Promise<InboundEndpointView> {
  await assertAllowed(services, caller, "inbound-endpoints.write");
  if (services.connectors.definition(type).inbound === undefined) {
    throw new ConnectorError("UNSUPPORTED", "Connectors of this type take no deliveries.");
  }
  assertSandbox(environment);
  const { tenantId, userId } = caller;
  const id = newId();
  const secrets = await sealSecrets(services.vault, tenantId, id, secret === undefined ? [] : [secret]);
  const row = await services.database.asTenant(tenantId, async ({ inboundEndpoints, auditEvents }) => {
    const data = { id, connectorType: type, name, environment, secrets, createdBy: userId };
    const created = await inboundEndpoints.create(data);
    const details = { type, environment, secretCount: created.secretCount };
    await auditEvents.append(inboundAudit(caller, "inbound_endpoint.created", id, details));
    return created;
  });
  return viewInboundEndpoint(services, row);
}
