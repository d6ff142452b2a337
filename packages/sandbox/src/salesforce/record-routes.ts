import { answerUnlessUnchanged, assertMayWrite, etagOf, type Validators } from "./conditional/conditional.js";
import { parseRecord } from "./data/record-input.js";
import { parseDateTime } from "./data/time.js";
import { invalidField, notFound, SalesforceError } from "./errors.js";
import { renderRecord } from "./render-record.js";
import type { RestAnswer, RestCall } from "./rest/rest-call.js";
import type { RestTable } from "./rest/rest-table.js";
import type { FieldDefinition, ObjectDefinition, Row } from "./schema/definitions.js";
import { findField, findObject } from "./schema/schema.js";
import type { SalesforceState } from "./state.js";

/** Adds creating, reading, changing and deleting single records, by id and by external id. */
export function addRecordRoutes(table: RestTable, state: SalesforceState): void {
  table.add("POST", "/sobjects/:object", (call) => {
    const object = writableOf(call.params.object);
    const row = state.records.create(object, parseRecord(call.text), call.userId, call.uploads[0]);
    const headers = { location: recordUrl(call, object, row) };
    return { status: 201, headers, body: { id: row.Id, success: true, errors: [] } };
  });
  table.add("GET", "/sobjects/:object/:id", (call) => {
    const object = objectOf(call.params.object);
    return renderOne(call, object, state.records.read(object, call.params.id ?? ""));
  });
  table.add("PATCH", "/sobjects/:object/:id", (call) => {
    const object = writableOf(call.params.object);
    const id = call.params.id ?? "";
    const before = state.records.find(object, id);
    if (before !== undefined) assertMayWrite(call, validatorsOf(object, before));
    state.records.update(object, id, parseRecord(call.text), call.userId, call.uploads[0]);
    return { status: 204 };
  });
  table.add("DELETE", "/sobjects/:object/:id", (call) => {
    state.records.remove(writableOf(call.params.object), call.params.id ?? "", call.userId);
    return { status: 204 };
  });
  addExternalIdRoutes(table, state);
}

function addExternalIdRoutes(table: RestTable, state: SalesforceState): void {
  const pattern = "/sobjects/:object/:field/:value";
  table.add("GET", pattern, (call) => {
    const bytes = findBytes(call, state);
    if (bytes !== undefined) return { status: 200, bytes };
    const { object, rows } = findByKey(call, state);
    if (rows.length > 1) return listChoices(call, object, rows);
    if (rows[0] === undefined) throw notFound();
    return renderOne(call, object, rows[0]);
  });
  table.add("PATCH", pattern, (call) => {
    const { object, field, rows } = findByKey(call, state);
    if (rows.length > 1) return listChoices(call, object, rows);
    const key = { field, value: call.params.value ?? "" };
    const result = state.records.upsert(object, key, rows[0] ?? null, parseRecord(call.text), call.userId);
    // Since v46 an update is told with a body as well; before that it was an empty 204.
    if (!result.created && call.version < 46) return { status: 204 };
    const body = { id: result.row.Id, success: true, errors: [], created: result.created };
    return { status: result.created ? 201 : 200, body };
  });
  table.add("DELETE", pattern, (call) => {
    const { object, rows } = findByKey(call, state);
    if (rows.length > 1) return listChoices(call, object, rows);
    if (rows[0] === undefined) throw notFound();
    state.records.remove(object, String(rows[0].Id), call.userId);
    return { status: 204 };
  });
}

/** At `/sobjects/Attachment/{id}/Body`: the bytes of a file. `undefined` where the path means something else. */
function findBytes(call: RestCall, state: SalesforceState): RestAnswer["bytes"] {
  const object = objectOf(call.params.object);
  const field = findField(object, call.params.value ?? "");
  if (field?.type !== "base64") return undefined;
  const row = state.records.read(object, call.params.field ?? "");
  const content = state.blobs.get(String(row[field.name]));
  if (content === undefined) throw notFound();
  return { content, type: typeof row.ContentType === "string" ? row.ContentType : "application/octet-stream" };
}

/** The object of a path. @throws {SalesforceError} NOT_FOUND */
export function objectOf(name = ""): ObjectDefinition {
  const object = findObject(name);
  if (object === undefined) throw notFound();
  return object;
}

/** The object of a path that is written to. @throws {SalesforceError} NOT_FOUND, or INVALID_TYPE_FOR_OPERATION */
export function writableOf(name = ""): ObjectDefinition {
  const object = objectOf(name);
  if (object.writable) return object;
  throw new SalesforceError(
    400,
    "INVALID_TYPE_FOR_OPERATION",
    `entity type ${object.name} does not support this operation`,
  );
}

function findByKey(
  call: RestCall,
  state: SalesforceState,
): { object: ObjectDefinition; field: FieldDefinition; rows: Row[] } {
  const object = objectOf(call.params.object);
  const field = findField(object, call.params.field ?? "");
  if (field === undefined || !field.externalId) {
    throw notFound(`Provided external ID field does not exist or is not accessible: ${call.params.field}`);
  }
  return { object, field, rows: state.records.findByExternalId(object, field, call.params.value ?? "") };
}

function renderOne(call: RestCall, object: ObjectDefinition, row: Row): RestAnswer {
  const fields = call.query.fields === undefined ? object.fields : chooseFields(object, call.query.fields.split(","));
  return answerUnlessUnchanged(call, validatorsOf(object, row), () => renderRecord(object, row, fields, call.version));
}

/** Only records of Account have tags. */
function validatorsOf(object: ObjectDefinition, row: Row): Validators {
  const changedAt = parseDateTime(String(row.SystemModstamp)) ?? 0;
  return object.name === "Account" ? { changedAt, etag: etagOf(row) } : { changedAt };
}

/** The fields of these names, and the id, which always comes along. @throws {SalesforceError} INVALID_FIELD */
export function chooseFields(object: ObjectDefinition, names: readonly string[]): FieldDefinition[] {
  const fields = names.map((name) => {
    const field = findField(object, name.trim());
    if (field === undefined) throw invalidField(`No such column '${name.trim()}' on sobject of type ${object.name}`);
    return field;
  });
  return [...new Set([...fields, ...object.fields.slice(0, 1)])];
}

function listChoices(call: RestCall, object: ObjectDefinition, rows: Row[]): RestAnswer {
  return { status: 300, body: rows.map((row) => recordUrl(call, object, row)) };
}

function recordUrl(call: RestCall, object: ObjectDefinition, row: Row): string {
  return `/services/data/v${call.version}.0/sobjects/${object.name}/${String(row.Id)}`;
}
