import { ConnectorError, isConnectorError, NotFoundError, validate } from "../errors/index.js";
import type { BaseConnector } from "./base-connector.js";
import type { Operation, OperationCall } from "./operation.js";

/**
 * The operation of that name.
 * @throws {NotFoundError} naming the operations that there are.
 */
export function findOperation(operations: readonly Operation[], name: string): Operation {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation) return operation;
  const names = operations.map((candidate) => candidate.name).join(", ");
  throw new NotFoundError(`This connector has no operation "${name}". It has: ${names}.`);
}

/**
 * Runs an operation: proves the input, calls the connector, tells `operation.completed`. The output is what the operation
 * gives: its schema describes it, and the contract suite proves that it fits; it is not proven again with each call.
 *
 * @throws {ValidationError} before anything is sent, when the input does not fit.
 * @throws {ConnectorError} what the vendor's failure maps to; `CANCELLED` when the call's signal ended the work; anything
 *   else becomes `INTERNAL`.
 */
export async function runOperation(
  connector: BaseConnector,
  operation: Operation,
  input: unknown,
  call: OperationCall,
): Promise<unknown> {
  const proven = prove(operation, input, call);
  const finish = begin(connector, operation);
  try {
    const output = await operation.run(connector, proven, call);
    finish();
    return output;
  } catch (error) {
    throw finish(asConnectorError(error, operation, call));
  }
}

/**
 * Like {@link runOperation}, item by item. Nothing is sent before the first item is asked for, except that the input is
 * proven at once. A reader who stops early has completed the operation.
 *
 * @throws {ConnectorError} `UNSUPPORTED` when the operation has no items.
 */
export function streamOperation(
  connector: BaseConnector,
  operation: Operation,
  input: unknown,
  call: OperationCall,
): AsyncIterable<unknown> {
  const { stream } = operation;
  if (!stream) throw new ConnectorError("UNSUPPORTED", `The operation ${operation.name} has no stream; ask for JSON.`);
  const proven = prove(operation, input, call);
  return (async function* () {
    const finish = begin(connector, operation);
    let failure: ConnectorError | undefined;
    try {
      yield* stream.run(connector, proven, call);
    } catch (error) {
      failure = asConnectorError(error, operation, call);
      throw failure;
    } finally {
      finish(failure);
    }
  })();
}

function prove(operation: Operation, input: unknown, call: OperationCall): unknown {
  try {
    return validate(operation.input, input, `input of ${operation.name}`);
  } catch (error) {
    // A schema's own code may throw too, and its words may repeat the input.
    throw asConnectorError(error, operation, call);
  }
}

/** Starts the clock of one call; what it returns tells once how the call ended. */
function begin(connector: BaseConnector, operation: Operation) {
  const startedMs = connector.clock.now();
  return <Failure extends ConnectorError | undefined>(failure?: Failure): Failure | undefined => {
    connector.events.emit("operation.completed", {
      connection: connector.connection,
      operation: operation.name,
      durationMs: connector.clock.now() - startedMs,
      ...(failure && { code: failure.code }),
    });
    return failure;
  };
}

function asConnectorError(error: unknown, operation: Operation, call: OperationCall): ConnectorError {
  if (isConnectorError(error)) return error;
  if (call.signal.aborted) {
    return new ConnectorError("CANCELLED", `The caller's signal ended ${operation.name}.`, { cause: error });
  }
  return new ConnectorError("INTERNAL", `The operation ${operation.name} failed inside Isthmus. Please report it.`, {
    cause: error,
  });
}
