import { ValidationError, type ValidationIssue } from "@isthmus/core";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { assertBodyAsIs, parseStrictly } from "../plugins/json-body.js";
import { assertPlainInput } from "../plugins/plain-input.js";
import { LimitedBody } from "./limited-body.js";
import { readLines } from "./read-lines.js";

/** Mistakes that are looked for: no answer names more. */
const mostIssues = 50;

/** What a body of lines has to be. */
export interface JsonLines<Line> {
  /** What each line has to be. */
  readonly line: z.ZodType<Line>;
  /** Lines at most. */
  readonly mostLines: number;
}

/**
 * The values of a body of NDJSON, one a line. Each is proven as it comes; what is no JSON or does not fit is named by its line, from
 * 1 on. Notes the body's hash for its Idempotency-Key.
 *
 * @throws {ValidationError} naming lines and their fields, 50 at most.
 * @throws {ApiError} `PAYLOAD_TOO_LARGE` beyond the route's limit, or for too long a line; `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_JSON`.
 */
export async function readJsonLines<Line>(
  request: FastifyRequest,
  { line: schema, mostLines }: JsonLines<Line>,
): Promise<Line[]> {
  assertBodyAsIs(request);
  const body = new LimitedBody(request.raw, request.routeOptions.bodyLimit).hashed();
  const values: Line[] = [];
  const issues: ValidationIssue[] = [];
  let number = 0;
  for await (const text of readLines(body)) {
    number += 1;
    if (number > mostLines) issues.push({ path: linePath(number), message: `At most ${mostLines} lines.` });
    else readLine(text, number);
    if (issues.length >= mostIssues || number > mostLines) break;
  }
  if (number === 0) issues.push({ path: linePath(1), message: "At least one line." });
  if (issues.length > 0) throw new ValidationError("The lines do not fit; see errors.", issues.slice(0, mostIssues));
  if (request.headers["idempotency-key"] !== undefined) request.bodyHash = body.hash ?? null;
  return values;

  function readLine(text: string, at: number): void {
    const parsed = parseStrictly(request, text);
    if (parsed === undefined) {
      issues.push({ path: linePath(at), message: "No JSON value." });
      return;
    }
    const found = findIssues(schema, parsed.value);
    if (found.issues === undefined) values.push(found.value);
    else issues.push(...found.issues.map(({ path, message }) => ({ path: linePath(at, path), message })));
  }
}

/** How a line is named in `errors`: `lines.7.id`, from 1 on. */
export function linePath(number: number, field = ""): string {
  return field === "" ? `lines.${number}` : `lines.${number}.${field}`;
}

type Found<Line> =
  | { readonly value: Line; readonly issues?: undefined }
  | { readonly issues: readonly ValidationIssue[] };

function findIssues<Line>(schema: z.ZodType<Line>, value: unknown): Found<Line> {
  try {
    assertPlainInput(value);
  } catch (error) {
    if (error instanceof ValidationError) return { issues: error.issues };
    throw error;
  }
  const proven = schema.safeParse(value);
  if (proven.success) return { value: proven.data };
  return { issues: proven.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })) };
}
