import { streamOperation as stream } from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import type { Runnable } from "./connector-operations.js";
import type { OperationRequest } from "./run-operation.js";
import { whileConnectorWorks } from "./while-connector-works.js";

/**
 * Runs an operation whose result comes item by item. The connector stays open until `consume` has ended. Some have no end of
 * their own: they end when the connector is deleted or switched off.
 *
 * @param consume - Takes the items; the first one is asked of the vendor when it asks for it.
 * @throws {ConnectorError} `UNSUPPORTED` when the operation has no items, and as `runOperation`.
 */
export async function streamOperation(
  services: Services,
  caller: Caller,
  { row, operation }: Runnable,
  { readSignal, input, content }: OperationRequest,
  consume: (items: AsyncIterable<unknown>) => Promise<void>,
): Promise<void> {
  await whileConnectorWorks(services, row, readSignal, async (signal) => {
    const call = { signal, ...(content && { content }) };
    const noteFailure = services.readSums.note(caller, row.id, operation.name);
    try {
      await services.pool.use(row, (connector) => consume(stream(connector, operation, input, call)), caller);
    } catch (error) {
      noteFailure();
      throw error;
    }
  });
}
