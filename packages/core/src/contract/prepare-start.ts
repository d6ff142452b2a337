import { ConnectorError } from "../errors/index.js";
import type { BaseConnector } from "./base-connector.js";
import { asConnectorError, begin, letGo, prove } from "./call-steps.js";
import type { LongRun } from "./long-run.js";
import type { Operation } from "./operation.js";
import type { OperationCall } from "./operation-call.js";

/**
 * The long run of an operation.
 * @throws {ConnectorError} `UNSUPPORTED` when it has none.
 */
export function longRunOf({ name, longRun }: Operation): LongRun {
  if (longRun) return longRun;
  throw new ConnectorError("UNSUPPORTED", `The operation ${name} does not outlive a request: it has no run.`);
}

/**
 * Proves the input of a bulk operation; what it returns begins the work, once, and gives the state. In between, the caller
 * makes a place for that state. `operation.completed` is told when the start is over.
 *
 * @throws {ValidationError} as `runOperation`; the function returned throws what the vendor's failure maps to.
 */
export function prepareStart(
  connector: BaseConnector,
  operation: Operation,
  input: unknown,
  call: OperationCall,
): (checkpoint: (state: unknown) => Promise<void>) => Promise<unknown> {
  const longRun = longRunOf(operation);
  const proven = prove(operation, input, call);
  return async (checkpoint) => {
    const finish = begin(connector, operation);
    try {
      const state = await longRun.start(connector, proven, { ...call, checkpoint });
      finish();
      return state;
    } catch (error) {
      throw finish(asConnectorError(error, operation, call));
    } finally {
      if (call.content) await letGo(call.content);
    }
  };
}
