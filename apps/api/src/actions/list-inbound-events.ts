import { assertAllowed, type Caller } from "../authorization/index.js";
import type { InboundEventRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { findConnector } from "./find-connector.js";
import { type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** What a vendor told of a connector's account, newest first. @throws {NotFoundError} when there is no such connector. */
export async function listInboundEvents(services: Services, caller: Caller, connectorId: string, request: ListRequest) {
  await assertAllowed(services, caller, "inbound-endpoints.read");
  const page = toPageRequest(request);
  await findConnector(services, caller.tenantId, connectorId);
  const found = await services.database.asTenant(caller.tenantId, ({ inboundEvents }) =>
    inboundEvents.listOfConnector(connectorId, page),
  );
  return toListAnswer(found, viewInboundEvent);
}

function viewInboundEvent(row: InboundEventRow) {
  return {
    id: row.id,
    endpointId: row.endpointId,
    eventId: row.eventId,
    accountId: row.accountId,
    entity: row.entity,
    recordId: row.recordId,
    type: row.type,
    receivedAt: row.receivedAt.toISOString(),
    handledAt: row.handledAt?.toISOString() ?? null,
  };
}
