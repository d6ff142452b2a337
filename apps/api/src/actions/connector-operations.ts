import { findOperation, type Operation } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { describeOperation, type OperationView } from "./describe-operation.js";
import { findActiveConnector, findConnector } from "./find-connector.js";

/** What a connector can do with its own configuration. */
export async function listOperations(
  services: Services,
  caller: Caller,
  id: string,
): Promise<{ readonly data: OperationView[]; readonly nextCursor: null }> {
  await assertAllowed(services, caller, "connectors.read");
  const row = await findConnector(services, caller.tenantId, id);
  return { data: operationsOf(services, row).map(describeOperation), nextCursor: null };
}

/** An operation that its caller may run. */
export interface Runnable {
  readonly row: ConnectorRow;
  readonly operation: Operation;
}

/**
 * The operation that a caller may run.
 *
 * @throws {ApiError} `CONNECTOR_INACTIVE`, `FORBIDDEN`.
 * @throws {ConnectorError} `NOT_FOUND`, naming the operations that there are.
 */
export async function findRunnable(services: Services, caller: Caller, id: string, name: string): Promise<Runnable> {
  const row = await findActiveConnector(services, caller.tenantId, id);
  const operation = findOperation(operationsOf(services, row), name);
  await assertAllowed(services, caller, changesRecords(operation) ? "operations.write" : "operations.read");
  return { row, operation };
}

/** Whether the operation changes the vendor's records, so that it is audited and never ended half-way. */
export function changesRecords({ kind }: Operation): boolean {
  return kind === "write" || kind === "bulk";
}

function operationsOf({ connectors, operations }: Services, row: ConnectorRow): readonly Operation[] {
  return operations.operationsOf(connectors.definition(row.connectorType), row);
}
