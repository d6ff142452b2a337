import { invalidField, SalesforceError } from "../errors.js";
import { isJsonObject } from "../rest/json-body.js";
import type { FieldDefinition, ObjectDefinition, Row } from "../schema/definitions.js";
import { findField, findObject, findObjectOfId, findParentRelationship } from "../schema/schema.js";
import { cannotDeserialize, coerceValue } from "./coerce.js";
import { ambiguousKey } from "./external-keys.js";
import type { RecordStore } from "./record-store.js";

/** A record as it came in, with the text of the body, which error messages point into. */
export interface RecordInput {
  record: Record<string, unknown>;
  text: string;
}

/**
 * Parses the body of a create, update or upsert.
 *
 * @throws {SalesforceError} JSON_PARSER_ERROR when it is no JSON object.
 */
export function parseRecord(text: string): RecordInput {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not JSON";
    throw new SalesforceError(400, "JSON_PARSER_ERROR", `${reason} at [line:1, column:${text.length}]`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw cannotDeserialize("sobject", parsed, "[line:1, column:1]");
  }
  return { record: { ...parsed }, text };
}

/**
 * Checks a record and turns it into values to store.
 *
 * @param keyFields - Fields that the path already gives (`Id`, or the external id of an upsert); the body may not repeat them.
 * @throws {SalesforceError} the first thing that is wrong, as Salesforce says it.
 */
export function checkRecord(
  store: RecordStore,
  object: ObjectDefinition,
  input: RecordInput,
  action: "create" | "update",
  keyFields: readonly string[] = ["Id"],
): Row {
  const values: Row = {};
  for (const [name, value] of Object.entries(input.record)) {
    if (name === "attributes") continue;
    const field = findField(object, name);
    if (field === undefined) {
      Object.assign(values, followRelationship(store, object, name, value));
      continue;
    }
    if (keyFields.includes(field.name)) {
      throw invalidField(`The ${field.name} field should not be specified in the sobject data.`, [field.name]);
    }
    assertWritable(object, field, action);
    values[field.name] = coerceValue(field, value, positionOf(input.text, name));
    assertReferenceExists(store, field, values[field.name]);
  }
  return values;
}

/** @throws {SalesforceError} REQUIRED_FIELD_MISSING naming every field that a new record lacks, or an update empties. */
export function assertRequired(object: ObjectDefinition, values: Row, action: "create" | "update"): void {
  const required = object.fields.filter((field) => !field.nillable && field.createable && field.defaultValue === null);
  const missing = required.filter((field) => {
    if (field.name === "OwnerId" && values.OwnerId === undefined) return false;
    return action === "create" ? (values[field.name] ?? null) === null : values[field.name] === null;
  });
  if (missing.length === 0) return;
  const names = missing.map((field) => field.name);
  throw new SalesforceError(400, "REQUIRED_FIELD_MISSING", `Required fields are missing: [${names.join(", ")}]`, names);
}

/** @throws {SalesforceError} DUPLICATE_VALUE when another record already has a value that must be unique. */
export function assertUnique(store: RecordStore, object: ObjectDefinition, values: Row, ownId?: string): void {
  for (const field of object.fields) {
    const value = values[field.name] ?? null;
    if (!field.unique || value === null) continue;
    const other = store.findByIndex(object, field, value).find((row) => row.Id !== ownId);
    if (other === undefined) continue;
    const message = `duplicate value found: ${field.name} duplicates value on record with id: ${String(other.Id).slice(0, 15)}`;
    throw new SalesforceError(400, "DUPLICATE_VALUE", message, []);
  }
}

function assertWritable(object: ObjectDefinition, field: FieldDefinition, action: "create" | "update"): void {
  if (action === "create" ? field.createable : field.updateable) return;
  const message = `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
  throw new SalesforceError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, [
    findField(object, field.name)?.name ?? field.name,
  ]);
}

function assertReferenceExists(store: RecordStore, field: FieldDefinition, id: Row[string] | undefined): void {
  if (field.type !== "reference" || typeof id !== "string") return;
  const target = findObjectOfId(id);
  if (target === undefined || !field.referenceTo.includes(target.name)) {
    throw new SalesforceError(400, "FIELD_INTEGRITY_EXCEPTION", `${field.label}: id value of incorrect type: ${id}`, [
      field.name,
    ]);
  }
  const row = store.get(target, id);
  if (row === undefined)
    throw new SalesforceError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []);
  if (row.IsDeleted === true) throw new SalesforceError(400, "ENTITY_IS_DELETED", "entity is deleted", []);
}

/** `{ "Account": { "External_Id__c": "A-1" } }` instead of `AccountId`: a reference by the other record's external id. */
function followRelationship(store: RecordStore, object: ObjectDefinition, name: string, value: unknown): Row {
  const pointer = findParentRelationship(object, name);
  const target = pointer === undefined ? undefined : findTarget(pointer, value);
  if (pointer === undefined || target === undefined) {
    throw invalidField(`No such column '${name}' on sobject of type ${object.name}`);
  }
  if (value === null) return { [pointer.name]: null };
  const [key, keyValue] =
    Object.entries(typeof value === "object" ? value : {}).find(([part]) => part !== "attributes") ?? [];
  const keyField = key === undefined ? undefined : findField(target, key);
  if (keyField === undefined || !keyField.externalId || typeof keyValue !== "string") {
    throw invalidField(`${String(key)} is not an External ID or indexed field for ${target.name}`, [pointer.name]);
  }
  const [found, other] = store.findByIndex(target, keyField, keyValue);
  if (found !== undefined && other !== undefined) throw ambiguousKey(keyField, [found, other]);
  if (found === undefined) {
    throw invalidField(
      `Foreign key external ID: ${keyValue} not found for field ${keyField.name} in entity ${target.name}`,
      [],
    );
  }
  return { [pointer.name]: found.Id ?? null };
}

/** Where a reference may point to several objects, the nested record's `attributes` say which is meant. */
function findTarget(pointer: FieldDefinition, value: unknown): ObjectDefinition | undefined {
  const attributes = isJsonObject(value) && isJsonObject(value.attributes) ? value.attributes : {};
  const wanted = typeof attributes.type === "string" ? findObject(attributes.type) : undefined;
  if (wanted !== undefined && pointer.referenceTo.includes(wanted.name)) return wanted;
  return attributes.type === undefined ? findObject(pointer.referenceTo[0] ?? "") : undefined;
}

function positionOf(text: string, name: string): string {
  const at = text.indexOf(`"${name}"`);
  const before = text.slice(0, at < 0 ? 0 : at + name.length + 3);
  const lines = before.split("\n");
  return `[line:${lines.length}, column:${(lines.at(-1) ?? "").length + 1}]`;
}
