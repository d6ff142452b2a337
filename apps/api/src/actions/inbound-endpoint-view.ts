import type { InboundEndpointRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** An inbound endpoint as it is answered: of its secrets, how many there are. */
export function viewInboundEndpoint({ settings }: Services, row: InboundEndpointRow) {
  return {
    id: row.id,
    type: row.connectorType,
    name: row.name,
    environment: row.environment,
    url: `${settings.publicUrl()}/hooks/${row.connectorType}/${row.id}`,
    active: row.isActive,
    secretCount: row.secretCount,
    version: row.version,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** See {@link viewInboundEndpoint}. */
export type InboundEndpointView = ReturnType<typeof viewInboundEndpoint>;
