import { NotFoundError } from "@isthmus/core";
import { ApiError } from "../errors/index.js";
import type { ConnectorRow, SyncScheduleRepository } from "../repositories/index.js";
import type { Services } from "../services.js";

/**
 * The connector of the caller's tenant.
 *
 * @throws {NotFoundError} also for another tenant's: who may not see a thing is not told that it exists.
 */
export async function findConnector(services: Services, tenantId: string, id: string): Promise<ConnectorRow> {
  const row = await services.database.readAsTenant(tenantId, (reads) => reads.findConnector(id));
  if (row) return row;
  throw new NotFoundError("There is no such connector.");
}

/**
 * Keeps a connector in place until the unit of work ends, for a schedule that is made active in it: deleting looks for those.
 *
 * @throws {ApiError} `CONNECTOR_INACTIVE` also when it was deleted meanwhile.
 */
export async function lockForSchedule(syncSchedules: SyncScheduleRepository, connectorId: string): Promise<void> {
  if ((await syncSchedules.lockConnector(connectorId)) === undefined) throw inactive();
}

/** {@link findConnector}, and only one that is switched on. @throws {ApiError} `CONNECTOR_INACTIVE`. */
export async function findActiveConnector(services: Services, tenantId: string, id: string): Promise<ConnectorRow> {
  const row = await findConnector(services, tenantId, id);
  if (row.isActive) return row;
  throw inactive();
}

function inactive(): ApiError {
  return new ApiError("CONNECTOR_INACTIVE", "The connector is switched off. Switch it on by PATCH with active: true.");
}

/** After which moment only a person can renew the connector's authorisation, where its vendor tells. */
export async function findReconnectBefore(
  { database }: Services,
  { tenantId, id }: ConnectorRow,
): Promise<Date | undefined> {
  const found = await database.asTenant(tenantId, (work) => work.connectorTokens.findReconnectBefore([id]));
  return found.get(id);
}
