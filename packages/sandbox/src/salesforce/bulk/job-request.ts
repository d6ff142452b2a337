import { SalesforceError } from "../errors.js";
import type { ObjectDefinition } from "../schema/definitions.js";
import { findObject } from "../schema/schema.js";
import { type CsvForm, delimiters, lineEndings } from "./csv-form.js";
import type { IngestOperation } from "./job.js";

const operations: readonly IngestOperation[] = ["insert", "update", "upsert", "delete", "hardDelete"];

/** The JSON object in a request. @throws {SalesforceError} JSON_PARSER_ERROR when there is none. */
export function readJobRequest(text: unknown): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(typeof text === "string" ? text : "");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new SalesforceError(
      400,
      "JSON_PARSER_ERROR",
      "The HTTP entity body is required, but this request has no entity body.",
    );
  }
  return { ...parsed };
}

/** The form of the CSV that a request asks for. @throws {SalesforceError} INVALIDJOB for a name that is none. */
export function readCsvForm(request: Record<string, unknown>): CsvForm {
  const { contentType, columnDelimiter = "COMMA", lineEnding = "LF" } = request;
  if (contentType !== undefined && contentType !== null && contentType !== "CSV") {
    throw invalidJob(`Unsupported content type: ${String(contentType)}`);
  }
  return {
    columnDelimiter: oneOf("columnDelimiter", columnDelimiter ?? "COMMA", Object.keys(delimiters)),
    lineEnding: oneOf("lineEnding", lineEnding ?? "LF", Object.keys(lineEndings)),
  };
}

/** What shall be done to which object. @throws {SalesforceError} INVALIDJOB or INVALIDENTITY. */
export function readIngestWish(request: Record<string, unknown>): {
  object: ObjectDefinition;
  operation: IngestOperation;
} {
  const operation = operations.find((name) => name === request.operation);
  if (operation === undefined) throw invalidJob(`Unsupported operation: ${String(request.operation)}`);
  const object = typeof request.object === "string" ? findObject(request.object) : undefined;
  if (object === undefined) throw invalidJob(`InvalidJob : Unable to find object: ${String(request.object)}`);
  if (!object.writable) {
    throw new SalesforceError(400, "INVALIDENTITY", `Entity '${object.name}' is not supported by the Bulk API.`);
  }
  return { object, operation };
}

/** 400: a job that cannot be made. */
export function invalidJob(message: string): SalesforceError {
  return new SalesforceError(400, "INVALIDJOB", message);
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): string {
  if (typeof value === "string" && allowed.includes(value)) return value;
  throw invalidJob(`${name} must be one of ${allowed.join(", ")}, not ${String(value)}`);
}
