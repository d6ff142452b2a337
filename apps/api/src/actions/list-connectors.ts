import { assertAllowed, type Caller } from "../authorization/index.js";
import type { ConnectorFilter } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** The tenant's connectors, oldest first. */
export async function listConnectors(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: ConnectorFilter },
): Promise<ListAnswer<ConnectorView>> {
  await assertAllowed(services, caller, "connectors.read");
  const page = toPageRequest(request);
  return toListAnswer(
    await services.database.asTenant(caller.tenantId, ({ connectors }) => connectors.list(filter, page)),
    viewConnector,
  );
}
