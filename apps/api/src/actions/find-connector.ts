import { NotFoundError } from "@isthmus/core";
import { ApiError } from "../errors/index.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/**
 * The connector of the caller's tenant.
 *
 * @throws {NotFoundError} also for another tenant's: who may not see a thing is not told that it exists.
 */
export async function findConnector(services: Services, tenantId: string, id: string): Promise<ConnectorRow> {
  const row = await services.database.asTenant(tenantId, ({ connectors }) => connectors.findById(id));
  if (row) return row;
  throw new NotFoundError("There is no such connector.");
}

/** {@link findConnector}, and only one that is switched on. @throws {ApiError} `CONNECTOR_INACTIVE`. */
export async function findActiveConnector(services: Services, tenantId: string, id: string): Promise<ConnectorRow> {
  const row = await findConnector(services, tenantId, id);
  if (row.isActive) return row;
  throw new ApiError("CONNECTOR_INACTIVE", "The connector is switched off. Switch it on by PATCH with active: true.");
}

/** After which moment only a person can renew the connector's authorisation, where its vendor tells. */
export async function findReconnectBefore(
  { database }: Services,
  { tenantId, id }: ConnectorRow,
): Promise<Date | undefined> {
  const found = await database.asTenant(tenantId, (work) => work.connectorTokens.findReconnectBefore([id]));
  return found.get(id);
}
