import { cannotDeserialize } from "../data/coerce.js";
import { SalesforceError } from "../errors.js";

/** A JSON object of a body whose parts are not known yet. */
export type JsonObject = Record<string, unknown>;

/** @throws {SalesforceError} JSON_PARSER_ERROR when the body is no JSON object. */
export function parseJsonObject(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!isJsonObject(parsed)) throw cannotDeserialize("object", parsed, "[line:1, column:1]");
  return parsed;
}

/** @throws {SalesforceError} JSON_PARSER_ERROR when the part is missing or no list of objects. */
export function objectsOf(body: JsonObject, name: string): JsonObject[] {
  const list = body[name];
  if (!Array.isArray(list) || !list.every(isJsonObject))
    throw cannotDeserialize(name, list ?? null, "[line:1, column:1]");
  return list;
}

/** @throws {SalesforceError} JSON_PARSER_ERROR when the part is missing or no list of texts. */
export function textsOf(body: JsonObject, name: string): string[] {
  const list = body[name];
  if (!Array.isArray(list) || !list.every((part) => typeof part === "string")) {
    throw cannotDeserialize(name, list ?? null, "[line:1, column:1]");
  }
  return list;
}

/** A flag that is false when left out. @throws {SalesforceError} JSON_PARSER_ERROR when it is no boolean. */
export function flagOf(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== "boolean") throw cannotDeserialize("boolean", value, "[line:1, column:1]");
  return value;
}

/** Whether a value is a JSON object, neither a list nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not JSON";
    throw new SalesforceError(400, "JSON_PARSER_ERROR", `${reason} at [line:1, column:${text.length}]`);
  }
}
