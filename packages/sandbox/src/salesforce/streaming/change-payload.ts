import { createHash } from "node:crypto";
import type { FieldDefinition, FieldValue, ObjectDefinition, Row } from "../schema/definitions.js";

/** Fields that a change event never has. */
const left = new Set(["Id", "IsDeleted", "SystemModstamp"]);

const nameParts = new Set(["Salutation", "FirstName", "LastName"]);

/** Where a field stands in an event: by itself, or in a compound field. */
interface Place {
  compound: string | null;
  name: string;
}

/** The parts of an event that say what changed. */
export interface ChangePayload {
  /** In the words of the header: `Name`, or `BillingAddress.City` for a part of a compound field. */
  changedFields: string[];
  fields: Record<string, unknown>;
}

/** Everything that a record holds, as an event about its making tells it. */
export function wholePayload(object: ObjectDefinition, row: Row): Record<string, unknown> {
  const names = storedFields(object).map(({ name }) => name);
  return placeFields(
    object,
    row,
    names.filter((name) => (row[name] ?? null) !== null),
  ).fields;
}

/** What an update changed; a field that was emptied is there with null. */
export function changedPayload(object: ObjectDefinition, row: Row, changed: readonly string[]): ChangePayload {
  const names = storedFields(object).map(({ name }) => name);
  return placeFields(
    object,
    row,
    names.filter((name) => changed.includes(name)),
  );
}

const schemaIds = new WeakMap<object, string>();

/** The id of the schema of an object or platform event: another one as soon as a field is added. */
export function schemaIdOf(described: { name: string; fields: readonly FieldDefinition[] }): string {
  const known = schemaIds.get(described);
  if (known !== undefined) return known;
  const names = [described.name, ...described.fields.map(({ name }) => name)].join("\n");
  const id = createHash("sha256").update(names).digest("base64url").slice(0, 22);
  schemaIds.set(described, id);
  return id;
}

function placeFields(object: ObjectDefinition, row: Row, names: readonly string[]): ChangePayload {
  const fields: Record<string, unknown> = {};
  const changedFields: string[] = [];
  const compounds = new Map<string, Record<string, unknown>>();
  for (const name of names) {
    const place = placeOf(object, name);
    const value = toEventValue(row[name] ?? null);
    changedFields.push(place.compound === null ? place.name : `${place.compound}.${place.name}`);
    if (place.compound === null) {
      fields[place.name] = value;
      continue;
    }
    const compound = compounds.get(place.compound) ?? {};
    compound[place.name] = value;
    compounds.set(place.compound, compound);
    fields[place.compound] = compound;
  }
  return { changedFields, fields };
}

function placeOf(object: ObjectDefinition, name: string): Place {
  const computedName = object.fields.some((field) => field.name === "Name" && field.compute !== null);
  if (computedName && nameParts.has(name)) return { compound: "Name", name };
  const address = object.fields.find(
    (field) => field.type === "address" && name.startsWith(field.name.replace(/Address$/, "")),
  );
  const part = address === undefined ? "" : name.slice(address.name.length - "Address".length);
  if (address !== undefined && ["Street", "City", "State", "PostalCode", "Country"].includes(part)) {
    return { compound: address.name, name: part };
  }
  return { compound: null, name };
}

function storedFields(object: ObjectDefinition): FieldDefinition[] {
  return object.fields.filter((field) => field.compute === null && !left.has(field.name));
}

function toEventValue(value: FieldValue): FieldValue {
  return typeof value === "string" ? value.replace(/^(\d{4}-\d\d-\d\dT[\d:.]+)\+0000$/, "$1Z") : value;
}
