import { NotFoundError } from "@isthmus/core";
import type { InboundEndpointRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** The inbound endpoint of the caller's tenant. @throws {NotFoundError} also for another tenant's. */
export async function findInboundEndpoint(
  { database }: Services,
  tenantId: string,
  id: string,
): Promise<InboundEndpointRow> {
  const row = await database.asTenant(tenantId, ({ inboundEndpoints }) => inboundEndpoints.findById(id));
  if (row) return row;
  throw new NotFoundError("There is no such inbound endpoint.");
}
