import { makeId } from "../ids.js";
import type { ObjectDefinition } from "../schema/definitions.js";
import { checkbox, decimal, field, systemFields, text } from "../schema/field-builders.js";

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

/** The value of a field in row `index` (from 0): always the same, and telling rows apart. */
export function measurementCell(name: string, index: number): string {
  switch (name) {
    case "Id":
      return makeId(measurement.keyPrefix, index + 1);
    case "Name":
      return `Reading ${index + 1}`;
    case "Serial__c":
      return `SN-${String(index + 1).padStart(9, "0")}`;
    case "Value__c":
      return String(((index * 37) % 100_000) / 1_000);
    case "Valid__c":
      return index % 10 === 9 ? "false" : "true";
    case "IsDeleted":
      return "false";
    case "Note__c":
      // Now and then what a reader of CSV must cope with.
      return index % 50 === 7 ? `checked by "Ö", twice\nsee row ${index}` : "";
    case "CreatedById":
    case "LastModifiedById":
      return makeId("005", 1_000_007);
    default:
      return new Date(firstInstant + index * 1_000).toISOString();
  }
}
