import type { ConnectionTest } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { recordTest } from "../connectors/record-test.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { findConnector } from "./find-connector.js";

/**
 * Asks the vendor who the connector is and whether its API answers. A vendor that refuses is a result; what is found is
 * written down.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` and the like: what keeps the vendor from being asked at all.
 */
export async function testConnector(
  services: Services,
  caller: Caller,
  id: string,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  await assertAllowed(services, caller, "connectors.test");
  const row = await findConnector(services, caller.tenantId, id);
  const test = await services.pool.use(row, (connector) => connector.testConnection(signal), caller);
  await recordTest(services, row, test, (event) => auditOf(caller, event));
  return test;
}
