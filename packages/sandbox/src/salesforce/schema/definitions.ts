/** Field types of the objects here, in the words of a describe call. */
export type FieldType =
  | "id"
  | "string"
  | "textarea"
  | "email"
  | "phone"
  | "url"
  | "picklist"
  | "multipicklist"
  | "boolean"
  | "int"
  | "double"
  | "currency"
  | "percent"
  | "date"
  | "datetime"
  | "reference"
  | "base64"
  | "address";

/** A stored value. Dates are `2026-01-31`, date-times `2026-01-31T12:00:00.000+0000`, as Salesforce writes them. */
export type FieldValue = string | number | boolean | null;

/** A record: its stored fields by their exact names. */
export type Row = Record<string, FieldValue>;

/** A value as a caller sees it; compound fields such as addresses are objects. */
export type OutputValue = FieldValue | { [name: string]: OutputValue } | OutputValue[];

/** What is known of a field. */
export interface FieldDefinition {
  name: string;
  label: string;
  type: FieldType;
  /** Characters a text may have; 0 for types without a length. */
  length: number;
  precision: number;
  scale: number;
  nillable: boolean;
  createable: boolean;
  updateable: boolean;
  custom: boolean;
  externalId: boolean;
  unique: boolean;
  nameField: boolean;
  /** Filled in at creation when the caller gives nothing. */
  defaultValue: FieldValue;
  picklistValues: string[];
  /** Whether values outside the list are refused. */
  restrictedPicklist: boolean;
  /** Objects that a reference may point to. */
  referenceTo: string[];
  /** How a query walks along the reference (`Account` of `AccountId`). */
  relationshipName: string | null;
  /** How a query walks back from the other side (`Contacts` of an account). */
  childRelationshipName: string | null;
  /** Whether a record goes when the one it points to is deleted; otherwise the reference becomes null. */
  cascadeDelete: boolean;
  /** A number that the server gives, such as `INV-{00000}`. */
  autoNumber: string | null;
  /** Makes the value from the others; nothing is stored. */
  compute: ((row: Row) => OutputValue) | null;
}

/** What is known of an object. */
export interface ObjectDefinition {
  name: string;
  label: string;
  labelPlural: string;
  /** The first three characters of its ids. */
  keyPrefix: string;
  custom: boolean;
  /** False for objects that are not made, changed or deleted through this sandbox's API. */
  writable: boolean;
  fields: FieldDefinition[];
}

/** The fields by lower-cased name; Salesforce takes names in any letter case. */
export type FieldIndex = ReadonlyMap<string, FieldDefinition>;
