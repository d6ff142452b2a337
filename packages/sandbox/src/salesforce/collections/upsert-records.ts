import { ambiguousKey } from "../data/external-keys.js";
import { type SaveResult, saveOne } from "../data/save-result.js";
import { notFound, SalesforceError } from "../errors.js";
import type { JsonObject } from "../rest/json-body.js";
import type { FieldDefinition, ObjectDefinition } from "../schema/definitions.js";
import { findField } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import type { CollectionRecord } from "./collection-input.js";
import { existingRow, idOf } from "./existing-row.js";

interface Upsert {
  object: ObjectDefinition;
  /** The external id field of the path, or `Id`. */
  keyName: string;
  records: readonly CollectionRecord[];
  userId: string;
}

/**
 * Changes the records whose external id is known and makes the others. A key that comes twice in one call fails in
 * every place where it stands.
 *
 * @throws {SalesforceError} when the whole call is wrong: no such external id field, records of another object.
 */
export function upsertRecords(state: SalesforceState, upsert: Upsert): SaveResult[] {
  const { object, records, userId } = upsert;
  const field = findField(object, upsert.keyName);
  if (field === undefined || !(field.externalId || field.type === "id")) {
    throw notFound(`Provided external ID field does not exist or is not accessible: ${upsert.keyName}`);
  }
  if (records.some((record) => record.object !== object)) {
    const message = `All records of an upsert must be of the type ${object.name}`;
    throw new SalesforceError(400, "INVALID_TYPE", message);
  }
  const keys = records.map(({ input }) => keyOf(input.record, field));
  return records.map((record, at) => {
    const result = saveOne(() =>
      state.store.transaction(() => {
        const key = keys[at];
        if (key !== undefined && keys.filter((other) => other?.id === key.id).length > 1) throw repeatedKey(key.text);
        if (field.type === "id") return upsertById(state, record, userId);
        if (key === undefined) throw new SalesforceError(400, "MISSING_ARGUMENT", `${field.name} not specified`, []);
        return upsertByKey(state, record, { field, ...key }, userId);
      }),
    );
    return { created: false, ...result };
  });
}

interface Key {
  /** As the record names it. */
  name: string;
  text: string;
  /** The same for all ways to write the key. */
  id: string;
}

function keyOf(record: JsonObject, field: FieldDefinition): Key | undefined {
  const entry = Object.entries(record).find(([name]) => name.toLowerCase() === field.name.toLowerCase());
  if (entry === undefined || entry[1] === null || entry[1] === "") return undefined;
  const text = String(entry[1]);
  return { name: entry[0], text, id: text.trim().toLowerCase() };
}

function upsertByKey(
  state: SalesforceState,
  { object, input }: CollectionRecord,
  key: Key & { field: FieldDefinition },
  userId: string,
): { id: string; created: boolean } {
  const rows = state.records.findByExternalId(object, key.field, key.text);
  if (rows.length > 1) throw ambiguousKey(key.field, rows);
  const { [key.name]: _key, ...record } = input.record;
  const target = { field: key.field, value: key.text };
  const { row, created } = state.records.upsert(object, target, rows[0] ?? null, { ...input, record }, userId);
  return { id: String(row.Id), created };
}

function upsertById(
  state: SalesforceState,
  { object, input }: CollectionRecord,
  userId: string,
): { id: string; created: boolean } {
  const given = idOf(input.record);
  if (given === undefined) return { id: String(state.records.create(object, input, userId).Id), created: true };
  const row = existingRow(state.store, object, given);
  const { [given.name]: _id, ...record } = input.record;
  state.records.update(object, String(row.Id), { ...input, record }, userId);
  return { id: String(row.Id), created: false };
}

function repeatedKey(text: string): SalesforceError {
  return new SalesforceError(400, "DUPLICATE_VALUE", `Duplicate external id specified: ${text}`, []);
}
