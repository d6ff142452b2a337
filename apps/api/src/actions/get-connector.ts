import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { findConnector, findReconnectBefore } from "./find-connector.js";

/** One connector. @throws {NotFoundError} also for another tenant's. */
export async function getConnector(services: Services, caller: Caller, id: string): Promise<ConnectorView> {
  await assertAllowed(services, caller, "connectors.read");
  const row = await findConnector(services, caller.tenantId, id);
  return viewConnector(row, await findReconnectBefore(services, row));
}
