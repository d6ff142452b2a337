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
  const { found, ends } = await services.database.asTenant(caller.tenantId, async ({ connectors, connectorTokens }) => {
    const found = await connectors.list(filter, page);
    return { found, ends: await connectorTokens.findReconnectBefore(found.rows.map(({ id }) => id)) };
  });
  return toListAnswer(found, (row) => viewConnector(row, ends.get(row.id)));
}
