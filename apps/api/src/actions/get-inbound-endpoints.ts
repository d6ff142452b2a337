import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { findInboundEndpoint } from "./find-inbound-endpoint.js";
import { type InboundEndpointView, viewInboundEndpoint } from "./inbound-endpoint-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** One inbound endpoint. @throws {NotFoundError} also for another tenant's. */
export async function getInboundEndpoint(services: Services, caller: Caller, id: string): Promise<InboundEndpointView> {
  await assertAllowed(services, caller, "inbound-endpoints.read");
  return viewInboundEndpoint(services, await findInboundEndpoint(services, caller.tenantId, id));
}

/** The tenant's inbound endpoints, oldest first. */
export async function listInboundEndpoints(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: { readonly type?: string } },
): Promise<ListAnswer<InboundEndpointView>> {
  await assertAllowed(services, caller, "inbound-endpoints.read");
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, ({ inboundEndpoints }) =>
    inboundEndpoints.list(filter, page),
  );
  return toListAnswer(found, (row) => viewInboundEndpoint(services, row));
}
