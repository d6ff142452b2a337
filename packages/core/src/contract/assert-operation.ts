import { ConnectorError } from "../errors/index.js";
import { binaryContentSchema } from "./binary-content.js";
import { givesContent, isMediaRange } from "./media-types.js";

/** What an operation says of its kind and its media types. */
export interface OperationMedia {
  readonly name: string;
  readonly kind: string;
  readonly consumes?: string;
  readonly produces?: string;
  readonly output: unknown;
  readonly stream?: unknown;
  readonly longRun?: unknown;
  readonly takesIdempotencyKey?: boolean;
  readonly takesKeyWith?: unknown;
}

/**
 * Checks what an operation says of its kind and its media types, which types cannot.
 *
 * @throws {ConnectorError} `INVALID_DEFINITION`, naming what is wrong.
 */
export function assertOperation(operation: OperationMedia): void {
  const {
    name,
    kind,
    consumes,
    produces,
    output,
    stream,
    longRun,
    takesIdempotencyKey = false,
    takesKeyWith,
  } = operation;
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
            : kind === "bulk" && !longRun
              ? "is of kind bulk, so it needs a longRun: declare it by defineBulkOperation."
              : longRun && kind !== "bulk"
                ? `has a longRun, so it is of kind bulk and not ${kind}.`
                : longRun && (isContent || stream)
                  ? "has a longRun, whose result is kept as JSON: it gives neither bytes nor items to stream."
                  : takesIdempotencyKey && kind !== "write"
                    ? `takes an idempotency key, so it is of kind write and not ${kind}.`
                    : takesKeyWith && !takesIdempotencyKey
                      ? "says with which input it takes an idempotency key, so it has to say that it takes one."
                      : undefined;
  if (problem) throw new ConnectorError("INVALID_DEFINITION", `The operation "${name}" ${problem}`);
}
