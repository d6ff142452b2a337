import type { RecordStore } from "../data/record-store.js";
import { SalesforceError } from "../errors.js";
import { normalizeId } from "../ids.js";
import type { JsonObject } from "../rest/json-body.js";
import type { ObjectDefinition, Row } from "../schema/definitions.js";
import { findObjectOfId } from "../schema/schema.js";

/** The id within a record's data, under the name it was given. */
export interface GivenId {
  name: string;
  value: unknown;
}

/** The id within a record's data, whatever the letter case of its name. */
export function idOf(record: JsonObject): GivenId | undefined {
  const entry = Object.entries(record).find(([name]) => name.toLowerCase() === "id");
  return entry === undefined || entry[1] === null ? undefined : { name: entry[0], value: entry[1] };
}

/**
 * The record that an id in the data means. Unlike at a record's own address, it is not NOT_FOUND when there is none.
 *
 * @throws {SalesforceError} MALFORMED_ID, INVALID_CROSS_REFERENCE_KEY or ENTITY_IS_DELETED
 */
export function existingRow(store: RecordStore, object: ObjectDefinition, given: GivenId): Row {
  const id = typeof given.value === "string" ? normalizeId(given.value) : undefined;
  if (id === undefined || findObjectOfId(id) !== object) {
    const message = `${object.label} ID: id value of incorrect type: ${String(given.value)}`;
    throw new SalesforceError(400, "MALFORMED_ID", message, ["Id"]);
  }
  const row = store.get(object, id);
  if (row === undefined) {
    throw new SalesforceError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []);
  }
  if (row.IsDeleted === true) throw new SalesforceError(400, "ENTITY_IS_DELETED", "entity is deleted", []);
  return row;
}
