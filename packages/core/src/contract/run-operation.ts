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
 * Runs an operation: proves the input, calls the connector, tells `operation.completed`.
 *
 * @throws {ValidationError} before anything is sent, when the input does not fit.
 * @throws {ConnectorError} what the vendor's failure maps to; anything else becomes `INTERNAL`.
 */
export async function runOperation(
  connector: BaseConnector,
  operation: Operation,
  input: unknown,
  call: OperationCall,
): Promise<unknown> {
  const proven = validate(operation.input, input, `input of ${operation.name}`);
  return observe(connector, operation, () => operation.run(connector, proven, call));
}

/**
 * Like {@link runOperation}, item by item. Nothing is sent before the first item is asked for, except that the input is
 * proven at once.
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
  const proven = validate(operation.input, input, `input of ${operation.name}`);
  return (async function* () {
    const startedMs = connector.clock.now();
    let failure: ConnectorError | undefined;
    try {
      yield* stream.run(connector, proven, call);
    } catch (error) {
      failure = asConnectorError(error, operation);
      throw failure;
    } finally {
      complete(connector, operation, startedMs, failure);
    }
  })();
}

async function observe<Result>(
  connector: BaseConnector,
  operation: Operation,
  work: () => Promise<Result>,
): Promise<Result> {
  const startedMs = connector.clock.now();
  try {
    const result = await work();
    complete(connector, operation, startedMs, undefined);
    return result;
  } catch (error) {
    const failure = asConnectorError(error, operation);
    complete(connector, operation, startedMs, failure);
    throw failure;
  }
}

function complete(
  connector: BaseConnector,
  operation: Operation,
  startedMs: number,
  failure: ConnectorError | undefined,
): void {
  connector.events.emit("operation.completed", {
    connection: connector.connection,
    operation: operation.name,
    durationMs: connector.clock.now() - startedMs,
    ...(failure && { code: failure.code }),
  });
}

function asConnectorError(error: unknown, operation: Operation): ConnectorError {
  if (isConnectorError(error)) return error;
  return new ConnectorError("INTERNAL", `The operation ${operation.name} failed inside Isthmus. Please report it.`, {
    cause: error,
  });
}
