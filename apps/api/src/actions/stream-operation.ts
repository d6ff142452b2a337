import { streamOperation as stream } from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { findRunnable } from "./connector-operations.js";
import type { OperationRequest } from "./run-operation.js";

/**
 * Runs an operation whose result comes item by item. The connector stays open until `consume` has ended.
 *
 * @param consume - Takes the items; the first one is asked of the vendor when it asks for it.
 * @throws {ConnectorError} `UNSUPPORTED` when the operation has no items, and as `runOperation`.
 */
export async function streamOperation(
  services: Services,
  caller: Caller,
  request: OperationRequest,
  consume: (items: AsyncIterable<unknown>) => Promise<void>,
): Promise<void> {
  const { connectorId, readSignal: signal, input } = request;
  const { row, operation } = await findRunnable(services, caller, connectorId, request.operation);
  await services.pool.use(row, (connector) => consume(stream(connector, operation, input, { signal })));
}
