import {
  type BaseConnector,
  ConnectorError,
  type EntityDescription,
  type EntitySource,
  type EntitySummary,
} from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { findActiveConnector } from "./find-connector.js";

/** Every entity that the vendor offers to the connected user, from the vendor's own metadata. */
export async function listEntities(
  services: Services,
  caller: Caller,
  id: string,
  signal: AbortSignal,
): Promise<{ readonly data: EntitySummary[]; readonly nextCursor: null }> {
  const data = await withEntities(services, caller, id, (source) => source.list(signal));
  return { data: [...data], nextCursor: null };
}

/** One entity with its fields. @throws {NotFoundError} when the vendor has none of that name. */
export function describeEntity(
  services: Services,
  caller: Caller,
  id: string,
  entity: string,
  signal: AbortSignal,
): Promise<EntityDescription> {
  return withEntities(services, caller, id, (source) => source.describe(entity, signal));
}

async function withEntities<Result>(
  services: Services,
  caller: Caller,
  id: string,
  work: (source: EntitySource) => Promise<Result>,
): Promise<Result> {
  await assertAllowed(services, caller, "connectors.read");
  const row = await findActiveConnector(services, caller.tenantId, id);
  const definition = services.connectors.definition(row.connectorType);
  const noteFailure = services.readSums.note(caller, row.id, "entities");
  const workOnSource = async (connector: BaseConnector) => {
    const source = definition.entities?.(connector);
    if (source) return work(source);
    throw new ConnectorError("UNSUPPORTED", `${definition.displayName} connectors have no list of entities.`);
  };
  try {
    return await services.pool.use(row, workOnSource, caller);
  } catch (error) {
    noteFailure();
    throw error;
  }
}
