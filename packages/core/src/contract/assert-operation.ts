import { ConnectorError } from "../errors/index.js";
import { binaryContentSchema } from "./binary-content.js";
import { givesContent, isMediaRange } from "./media-types.js";

/** What an operation says of its media types. */
export interface OperationMedia {
  readonly name: string;
  readonly consumes?: string;
  readonly produces?: string;
  readonly output: unknown;
  readonly stream?: unknown;
}

/**
 * Checks what an operation says of its media types, which types cannot.
 *
 * @throws {ConnectorError} `INVALID_DEFINITION`, naming what is wrong.
 */
export function assertOperation(operation: OperationMedia): void {
  const { name, consumes, produces, output, stream } = operation;
  const wrongType = [consumes, produces].find((range) => range !== undefined && !isMediaRange(range));
  const isContent = output === binaryContentSchema;
  const problem =
    wrongType !== undefined
      ? `names "${wrongType}", which is no media type without parameters.`
      : givesContent(operation) && !isContent
        ? `produces ${produces}, so its output has to be binaryContentSchema.`
        : isContent && !givesContent(operation)
          ? "has binaryContentSchema as its output, so it has to say which media type it produces."
          : isContent && stream
            ? "gives bytes, so it has no items to stream."
            : undefined;
  if (problem) throw new ConnectorError("INVALID_DEFINITION", `The operation "${name}" ${problem}`);
}
