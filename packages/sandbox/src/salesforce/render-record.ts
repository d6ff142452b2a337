import type { FieldDefinition, ObjectDefinition, OutputValue, Row } from "./schema/definitions.js";
import { readField } from "./schema/schema.js";

/** The `attributes` that Salesforce puts in front of every record. */
export function recordAttributes(object: ObjectDefinition, row: Row, version: number): { type: string; url: string } {
  return { type: object.name, url: `/services/data/v${version}.0/sobjects/${object.name}/${String(row.Id)}` };
}

/** The value of a field as a caller sees it: in place of a file, the address of its bytes. */
export function renderField(object: ObjectDefinition, row: Row, field: FieldDefinition, version: number): OutputValue {
  if (field.type !== "base64") return readField(row, field);
  return row[field.name] === null ? null : `${recordAttributes(object, row, version).url}/${field.name}`;
}

/** A record with the chosen fields, as a caller gets it. */
export function renderRecord(
  object: ObjectDefinition,
  row: Row,
  fields: readonly FieldDefinition[],
  version: number,
): Record<string, OutputValue> {
  const rendered: Record<string, OutputValue> = { attributes: recordAttributes(object, row, version) };
  for (const field of fields) rendered[field.name] = renderField(object, row, field, version);
  return rendered;
}
