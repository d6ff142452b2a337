import type { Operation } from "@isthmus/core";
import { toJsonSchema } from "../openapi/json-schema.js";

/** An operation as it is answered, with its schemas. */
export function describeOperation({
  name,
  summary,
  kind,
  idempotent,
  takesIdempotencyKey = false,
  consumes,
  produces,
  input,
  output,
  stream,
}: Operation) {
  return {
    name,
    summary,
    kind,
    idempotent,
    takesIdempotencyKey,
    consumes: consumes ?? "application/json",
    produces: [produces ?? "application/json", ...(stream ? ["application/x-ndjson"] : [])],
    inputSchema: toJsonSchema(input, "input"),
    outputSchema: toJsonSchema(output, "output"),
    ...(stream && { itemSchema: toJsonSchema(stream.item, "output") }),
  };
}

/** See {@link describeOperation}. */
export type OperationView = ReturnType<typeof describeOperation>;
