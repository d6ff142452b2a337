import { ValidationError } from "@isthmus/core";
import type { FastifyRequest } from "fastify";
import { drain, linePath, readJsonLines } from "../content/index.js";
import { mostRecords, writeSchema } from "./schemas/record-writes.js";

/**
 * Records to write that come as NDJSON, one a line, as the body that the same records would be in JSON: what is beside them stands in
 * the query.
 *
 * @throws {ValidationError} naming what is wrong by its line, from 1 on.
 */
export async function readWriteLines(request: FastifyRequest): Promise<object> {
  try {
    const records = await readJsonLines(request, { line: writeSchema, mostLines: mostRecords });
    return { ...Object(request.query), records };
  } finally {
    drain(request.raw);
  }
}

/** A refusal of records that names them by their line, where they came as lines. */
export function namedByLine(error: unknown): unknown {
  if (!(error instanceof ValidationError)) return error;
  const issues = error.issues.map(({ path, message }) => {
    const [, index, field] = /^records\.(\d+)(?:\.(.*))?$/.exec(path) ?? [];
    return { path: index === undefined ? path : linePath(Number(index) + 1, field), message };
  });
  return new ValidationError(error.message, issues, { cause: error });
}
