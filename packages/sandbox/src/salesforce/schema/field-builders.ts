import type { FieldDefinition, FieldType, FieldValue, OutputValue, Row } from "./definitions.js";

type FieldDetails = Partial<Omit<FieldDefinition, "name" | "type">>;

const plain: Omit<FieldDefinition, "name" | "label" | "type" | "custom"> = {
  length: 0,
  precision: 0,
  scale: 0,
  nillable: true,
  createable: true,
  updateable: true,
  externalId: false,
  unique: false,
  nameField: false,
  defaultValue: null,
  picklistValues: [],
  restrictedPicklist: false,
  referenceTo: [],
  relationshipName: null,
  childRelationshipName: null,
  cascadeDelete: false,
  autoNumber: null,
  compute: null,
};

/** A field of any type; the builders below are shorter for the common ones. */
export function field(name: string, type: FieldType, details: FieldDetails = {}): FieldDefinition {
  return { ...plain, name, type, label: labelOf(name), custom: name.endsWith("__c"), ...details };
}

/** Text of at most `length` characters. */
export function text(name: string, length = 255, details: FieldDetails = {}): FieldDefinition {
  return field(name, "string", { length, ...details });
}

/** A number with a decimal point; `type` is `double`, `currency`, `percent` or `int`. */
export function decimal(name: string, type: FieldType, precision = 18, scale = 2): FieldDefinition {
  return field(name, type, { precision, scale });
}

/** One of a list of values. */
export function picklist(name: string, values: string[], details: FieldDetails = {}): FieldDefinition {
  return field(name, "picklist", { length: 255, picklistValues: values, ...details });
}

/** True or false, never null. */
export function checkbox(name: string, defaultValue = false, details: FieldDetails = {}): FieldDefinition {
  return field(name, "boolean", { defaultValue, nillable: false, ...details });
}

/** A pointer to another record. Its relationship is the name without `Id`, or with `__r` for a custom field. */
export function reference(name: string, referenceTo: string[], details: FieldDetails = {}): FieldDefinition {
  const relationshipName = name.endsWith("__c") ? name.replace(/__c$/, "__r") : name.replace(/Id$/, "");
  return field(name, "reference", { length: 18, referenceTo, relationshipName, ...details });
}

/** A value made from others. */
export function computed(
  name: string,
  type: FieldType,
  compute: (row: Row) => OutputValue,
  details: FieldDetails = {},
): FieldDefinition {
  return field(name, type, { createable: false, updateable: false, compute, ...details });
}

/** An address: its parts, and the compound that shows them together. */
export function address(prefix: string): FieldDefinition[] {
  const parts = { Street: 255, City: 40, State: 80, PostalCode: 20, Country: 80 };
  const compound = (row: Row): OutputValue => {
    const values = Object.keys(parts).map((part): [string, FieldValue] => [
      lowerFirst(part),
      row[prefix + part] ?? null,
    ]);
    if (values.every(([, value]) => value === null)) return null;
    return { ...Object.fromEntries(values), geocodeAccuracy: null, latitude: null, longitude: null };
  };
  return [
    ...Object.entries(parts).map(([part, length]) =>
      part === "Street" ? field(prefix + part, "textarea", { length }) : text(prefix + part, length),
    ),
    computed(`${prefix}Address`, "address", compound),
  ];
}

/** The fields that every object has, kept by the server. */
export function systemFields(owned: boolean): FieldDefinition[] {
  const server: FieldDetails = { createable: false, updateable: false, nillable: false };
  return [
    field("Id", "id", { ...server, length: 18, label: "Record ID" }),
    field("IsDeleted", "boolean", { ...server, label: "Deleted", defaultValue: false }),
    ...(owned ? [reference("OwnerId", ["User"], { nillable: false, label: "Owner ID" })] : []),
    field("CreatedDate", "datetime", server),
    reference("CreatedById", ["User"], { ...server, label: "Created By ID" }),
    field("LastModifiedDate", "datetime", server),
    reference("LastModifiedById", ["User"], { ...server, label: "Last Modified By ID" }),
    field("SystemModstamp", "datetime", server),
  ];
}

function labelOf(name: string): string {
  return name
    .replace(/__c$/, "")
    .replaceAll("_", " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/ Id$/, " ID");
}

function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}
