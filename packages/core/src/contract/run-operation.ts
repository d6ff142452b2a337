import { ConnectorError, NotFoundError } from "../errors/index.js";
import type { BaseConnector } from "./base-connector.js";
import { type BinaryContent, isBinaryContent } from "./binary-content.js";
import { asConnectorError, begin, letGo, prove } from "./call-steps.js";
import { ContentReading } from "./content-reading.js";
import { fitsMediaRange, givesContent, isMediaType } from "./media-types.js";
import type { Operation } from "./operation.js";
import type { OperationCall } from "./operation-call.js";

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
 * Where the operation gives bytes, the output is a `BinaryContent` whose `body` can be read once. The call is over, and
 * `operation.completed` told, when the body has ended: read it, or let go of it by `discardContent`. The call's `content` is
 * let go of when it was not read.
 *
 * @throws {ValidationError} before anything is sent, when the input does not fit, or the content is missing, not wanted, or
 *   of another media type than the operation takes.
 * @throws {ConnectorError} what the vendor's failure maps to; `CANCELLED` when the call's signal ended the work; anything
 *   else becomes `INTERNAL`.
 */
export async function runOperation(
  connector: BaseConnector,
  operation: Operation,
  input: unknown,
  call: OperationCall,
): Promise<unknown> {
  try {
    const proven = prove(operation, input, call);
    const finish = begin(connector, operation);
    try {
      const output = await operation.run(connector, proven, call);
      if (givesContent(operation)) return await handOn(output, operation, call, finish);
      finish();
      return output;
    } catch (error) {
      throw finish(asConnectorError(error, operation, call));
    }
  } finally {
    // Without effect where it was read; otherwise its connection would wait for a reader for ever.
    if (call.content) await letGo(call.content);
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
  if (!stream)
    throw new ConnectorError(
      "UNSUPPORTED",
      `The operation ${operation.name} has no items to stream; do not ask for NDJSON.`,
    );
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

/** The bytes as the caller gets them: of the promised media type, read once, and ending the call when they end. */
async function handOn(
  output: unknown,
  operation: Operation,
  call: OperationCall,
  finish: (failure?: ConnectorError) => unknown,
): Promise<BinaryContent> {
  const { name, produces = "" } = operation;
  if (!isBinaryContent(output)) throw new TypeError(`${name} gave something else than binary content.`);
  if (!isMediaType(output.mediaType) || !fitsMediaRange(output.mediaType, produces)) {
    await letGo(output);
    throw new ConnectorError(
      "UNEXPECTED_RESPONSE",
      `${name} gives ${produces}, but the vendor sent another media type.`,
    );
  }
  const { mediaType, fileName, size } = output;
  const body = new ContentReading(output, {
    mapFailure: (error) => asConnectorError(error, operation, call),
    ended: finish,
  });
  return { mediaType, ...(fileName !== undefined && { fileName }), ...(size !== undefined && { size }), body };
}
