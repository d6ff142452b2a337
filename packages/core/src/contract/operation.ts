import type { z } from "zod";
import { assertOperation } from "./assert-operation.js";
import type { LongRun } from "./long-run.js";
import type { OperationCall } from "./operation-call.js";

/** What an operation does to the vendor's data: `bulk` runs longer than a request. */
export type OperationKind = "read" | "write" | "stream" | "bulk";

/** The result of an operation, one item after the other. */
export interface OperationStream<Connector, Input, Item> {
  /** One item; sent as one line of NDJSON. */
  readonly item: z.ZodType<Item>;
  /** Gives the items as the vendor does, no faster than they are read. */
  run(connector: Connector, input: Input, call: OperationCall): AsyncIterable<Item>;
}

/**
 * One thing that a connector does, described well enough that HTTP routes, OpenAPI and audit follow from it.
 *
 * `run` is written as a method so that operations with different inputs fit into one list: a method's parameters are
 * compared bivariantly, and `runOperation` proves the input by the schema before it gets there.
 */
export interface Operation<Connector = unknown, Input = unknown, Output = unknown> {
  /** Unique within the connector, lower-case, dotted: `records.create`. */
  readonly name: string;
  /** One sentence for documentation. */
  readonly summary: string;
  /** What it does to the vendor's data. */
  readonly kind: OperationKind;
  /** What it takes. Proven before `run` is called. */
  readonly input: z.ZodType<Input>;
  /** What it gives; published, and proven by the contract suite. `binaryContentSchema` where it produces bytes. */
  readonly output: z.ZodType<Output>;
  /** Whether calling it twice has the effect of calling it once. */
  readonly idempotent: boolean;
  /**
   * Whether the vendor knows a repetition by `OperationCall.idempotencyKey`: called again with the same key and input, also by
   * another process a day later, it has no second effect, and gives what the first call gave. A failure that leaves the
   * outcome open is then one to call again after, and no `OUTCOME_UNKNOWN`. Only writes; default false: a key is ignored.
   */
  readonly takesIdempotencyKey?: boolean;
  /**
   * Which calls {@link Operation.takesIdempotencyKey} is true of, where the input decides; it has been proven. Default: all.
   */
  takesKeyWith?(input: Input): boolean;
  /**
   * Media type of the request's body, or a range: `image/*`, or both halves a star for any. Where it is not JSON, the bytes
   * come as `OperationCall.content`, and the input, an object, stands beside them: over HTTP in the query. Default
   * `application/json`.
   */
  readonly consumes?: string;
  /**
   * Media type of the output, or a range where only the answer tells. Where it is not JSON, `output` is
   * `binaryContentSchema` and `run` gives a `BinaryContent`. Default `application/json`.
   */
  readonly produces?: string;
  /** Does it. @throws {ConnectorError} what the vendor's failure maps to. */
  run(connector: Connector, input: Input, call: OperationCall): Promise<Output>;
  /** The same result item by item, for callers who ask for `application/x-ndjson`. */
  readonly stream?: OperationStream<Connector, Input, unknown>;
  /** Where the kind is `bulk`, and only there: the same work in steps that outlive a process. See `defineBulkOperation`. */
  readonly longRun?: LongRun<Connector, Input, unknown, Output>;
}

/**
 * Declares an operation; the input of `run` gets its type from the schema.
 *
 * @throws {ConnectorError} `INVALID_DEFINITION` when its kind, its media types and its output do not fit together.
 */
export function defineOperation<Connector, Input, Output>(
  operation: Operation<Connector, Input, Output>,
): Operation<Connector> {
  assertOperation(operation);
  return operation;
}
