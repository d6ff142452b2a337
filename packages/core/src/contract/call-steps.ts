import { ConnectorError, isConnectorError, ValidationError, validate } from "../errors/index.js";
import type { BaseConnector } from "./base-connector.js";
import { type BinaryContent, discardContent } from "./binary-content.js";
import { fitsMediaRange, isMediaType, takesContent } from "./media-types.js";
import type { Operation } from "./operation.js";
import type { OperationCall } from "./operation-call.js";

/** The input as the operation wants it. @throws {ValidationError} also where the content is missing, not wanted, or of another media type. */
export function prove(operation: Operation, input: unknown, call: OperationCall): unknown {
  assertContent(operation, call.content);
  try {
    return validate(operation.input, input, `input of ${operation.name}`);
  } catch (error) {
    // A schema's own code may throw too, and its words may repeat the input.
    throw asConnectorError(error, operation, call);
  }
}

function assertContent(operation: Operation, content: BinaryContent | undefined): void {
  const { name, consumes = "" } = operation;
  const message = !takesContent(operation)
    ? content && "takes no bytes beside its input."
    : content === undefined
      ? `takes bytes (${consumes}) beside its input.`
      : isMediaType(content.mediaType) && fitsMediaRange(content.mediaType, consumes)
        ? undefined
        : `takes ${consumes}.`;
  if (message) throw new ValidationError(`${name} ${message}`, [{ path: "content", message: `It ${message}` }]);
}

/** What closing a body fails with says nothing that its reader, who has an answer, could use. */
export async function letGo(content: BinaryContent): Promise<void> {
  await Promise.allSettled([discardContent(content)]);
}

/** Starts the clock of one call; what it returns tells once how the call ended. */
export function begin(connector: BaseConnector, operation: Operation) {
  const startedMs = connector.clock.now();
  return <Failure extends ConnectorError | undefined>(failure?: Failure): Failure | undefined => {
    if (failure) connector.conceal(failure);
    connector.events.emit("operation.completed", {
      connection: connector.connection,
      operation: operation.name,
      durationMs: connector.clock.now() - startedMs,
      ...(failure && { code: failure.code }),
    });
    return failure;
  };
}

/** What any thrown value is told as: `CANCELLED` where the caller's signal came first, otherwise a defect. */
export function asConnectorError(error: unknown, operation: Operation, call: OperationCall): ConnectorError {
  if (isConnectorError(error)) return error;
  if (call.signal.aborted) {
    return new ConnectorError("CANCELLED", `The caller's signal ended ${operation.name}.`, { cause: error });
  }
  return new ConnectorError("INTERNAL", `The operation ${operation.name} failed inside Isthmus. Please report it.`, {
    cause: error,
  });
}
