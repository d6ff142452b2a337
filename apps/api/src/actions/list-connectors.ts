import { assertAllowed, type Caller } from "../authorization/index.js";
import type { ConnectorFilter } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** The tenant's connectors, oldest first; the deleted ones where the filter asks for them. */
export async function listConnectors(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: ConnectorFilter },
): Promise<ListAnswer<ConnectorView>> {
  await assertAllowed(services, caller, "connectors.read");
  const page = toPageRequest(request);
  const { found, ends, purges } = await services.database.asTenant(caller.tenantId, async (work) => {
    const found = await work.connectors.list(filter, page);
    const ids = found.rows.map(({ id }) => id);
    const ends = await work.connectorTokens.findReconnectBefore(ids);
    return { found, ends, purges: filter.deleted ? await work.connectorDeletions.findPurgeTimes(ids) : undefined };
  });
  return toListAnswer(found, (row) => viewConnector(row, ends.get(row.id), purges?.get(row.id)));
}
