import { makeId } from "../ids.js";
import type { ObjectDefinition } from "../schema/definitions.js";
import { checkbox, decimal, field, systemFields, text } from "../schema/field-builders.js";
import { type CsvForm, delimiters, lineEndings } from "./csv-form.js";

/**
 * What machines reported: an object for volume. A bulk query finds as many rows as the setting `measurements` says, made
 * on the way; rows that a bulk job writes are checked and counted, not kept.
 */
export const measurement: ObjectDefinition = {
  name: "Measurement__c",
  label: "Measurement",
  labelPlural: "Measurements",
  keyPrefix: "a0M",
  custom: true,
  writable: true,
  fields: [
    ...systemFields(false),
    text("Name", 80, { nillable: false, nameField: true }),
    text("Serial__c", 40, { externalId: true, unique: true, label: "Serial" }),
    decimal("Value__c", "double", 18, 3),
    checkbox("Valid__c", true),
    field("Measured_At__c", "datetime"),
    field("Note__c", "textarea", { length: 1_000 }),
  ],
};

const firstInstant = Date.UTC(2026, 0, 1);

/** What stands in a cell of row `index`, counted from 0, inside the quotes. */
type Cell = (index: number) => string;

const userId = makeId("005", 1_000_007);

/** The cells of some fields: always the same for a row, and telling rows apart. */
const cells: Readonly<Record<string, Cell>> = {
  Id: (index) => makeId(measurement.keyPrefix, index + 1),
  Name: (index) => `Reading ${index + 1}`,
  Serial__c: (index) => `SN-${String(index + 1).padStart(9, "0")}`,
  Value__c: (index) => String(((index * 37) % 100_000) / 1_000),
  Valid__c: (index) => (index % 10 === 9 ? "false" : "true"),
  IsDeleted: () => "false",
  // Now and then what a reader of CSV must cope with.
  Note__c: (index) => (index % 50 === 7 ? `checked by ""Ö"", twice\nsee row ${index}` : ""),
  CreatedById: () => userId,
  LastModifiedById: () => userId,
};

/** Writes rows as lines; nothing is kept of them. */
export function measurementLines(names: readonly string[], form: CsvForm): (index: number) => string {
  const writers = names.map((name) => cells[name] ?? instantOf);
  const between = `"${delimiters[form.columnDelimiter]}"`;
  const end = `"${lineEndings[form.lineEnding]}`;
  return (index) => {
    let line = '"';
    for (let at = 0; at < writers.length; at += 1) line += (at === 0 ? "" : between) + (writers[at]?.(index) ?? "");
    return line + end;
  };
}

function instantOf(index: number): string {
  return new Date(firstInstant + index * 1_000).toISOString();
}
