import type { RecordInput } from "../data/record-input.js";
import { SalesforceError } from "../errors.js";
import { writableOf } from "../record-routes.js";
import { flagOf, isJsonObject, type JsonObject, objectsOf, parseJsonObject } from "../rest/json-body.js";
import type { ObjectDefinition } from "../schema/definitions.js";

/** One record of a collection, with the object that its `attributes` name. */
export interface CollectionRecord {
  object: ObjectDefinition;
  input: RecordInput;
}

/** Neighbours of one type make a chunk; one call takes so many. */
const maximumChunks = 10;

/**
 * Reads `{ "allOrNone": …, "records": […] }`.
 *
 * @throws {SalesforceError} what makes the whole call fail: JSON_PARSER_ERROR, EXCEEDED_ID_LIMIT, an unknown type, or
 *   more than ten chunks of types.
 */
export function readRecords(text: string, maximum: number): { records: CollectionRecord[]; allOrNone: boolean } {
  const body = parseJsonObject(text);
  const given = objectsOf(body, "records");
  assertCount(given, maximum);
  const records = given.map((record) => ({ object: writableOf(typeOf(record)), input: { record, text } }));
  const chunks = records.filter(({ object }, at) => object !== records[at - 1]?.object).length;
  if (chunks > maximumChunks) {
    const message = `Cannot have more than ${maximumChunks} chunks in a single operation. Please rearrange the data to reduce chunking.`;
    throw new SalesforceError(400, "LIMIT_EXCEEDED", message);
  }
  return { records, allOrNone: flagOf(body, "allOrNone") };
}

/** @throws {SalesforceError} EXCEEDED_ID_LIMIT */
export function assertCount(items: readonly unknown[], maximum: number): void {
  if (items.length <= maximum) return;
  const message = `record limit reached. cannot submit more than ${maximum} records into this call`;
  throw new SalesforceError(400, "EXCEEDED_ID_LIMIT", message);
}

function typeOf(record: JsonObject): string {
  const type = isJsonObject(record.attributes) ? record.attributes.type : undefined;
  if (typeof type === "string" && type !== "") return type;
  throw new SalesforceError(400, "INVALID_TYPE", "The type of each record must be specified in its attributes");
}
