import type { FieldDefinition, ObjectDefinition, OutputValue, Row } from "./schema/definitions.js";
import { readField } from "./schema/schema.js";

/** The `attributes` that Salesforce puts in front of every record. */
export function recordAttributes(object: ObjectDefinition, row: Row, version: number): { type: string; url: string } {
  return { type: object.name, url: `/services/data/v${version}.0/sobjects/${object.name}/${String(row.Id)}` };
}

/** A record with the chosen fields, as a caller gets it. */
export function renderRecord(
  object: ObjectDefinition,
  row: Row,
  fields: readonly FieldDefinition[],
  version: number,
): Record<string, OutputValue> {
  const rendered: Record<string, OutputValue> = { attributes: recordAttributes(object, row, version) };
  for (const field of fields) rendered[field.name] = readField(row, field);
  return rendered;
}
