import { measurement } from "../bulk/measurements.js";
import type { FieldDefinition, FieldIndex, ObjectDefinition, OutputValue, Row } from "./definitions.js";
import { attachment, contentDocument, contentDocumentLink, contentVersion, document, folder } from "./file-objects.js";
import { organization } from "./organization.js";
import { account, contact, lead, opportunity } from "./sales-objects.js";
import { caseObject, invoice, task, user } from "./service-objects.js";

/** A relationship seen from the record that is pointed to. */
export interface ChildRelationship {
  name: string;
  child: ObjectDefinition;
  field: FieldDefinition;
}

const objects: readonly ObjectDefinition[] = [
  account,
  attachment,
  caseObject,
  contact,
  contentDocument,
  contentDocumentLink,
  contentVersion,
  document,
  folder,
  invoice,
  lead,
  measurement,
  opportunity,
  organization,
  task,
  user,
];
const byName = new Map(objects.map((object) => [object.name.toLowerCase(), object]));
const byPrefix = new Map(objects.map((object) => [object.keyPrefix, object]));
const fieldIndexes = new Map<string, FieldIndex>(
  objects.map((object) => [object.name, new Map(object.fields.map((field) => [field.name.toLowerCase(), field]))]),
);

/** All objects, by name. */
export function listObjects(): readonly ObjectDefinition[] {
  return objects;
}

/** The object of this name, in any letter case. */
export function findObject(name: string): ObjectDefinition | undefined {
  return byName.get(name.toLowerCase());
}

/** The object that an id belongs to, by its first three characters. */
export function findObjectOfId(id: string): ObjectDefinition | undefined {
  return byPrefix.get(id.slice(0, 3));
}

/** The field of this name, in any letter case. */
export function findField(object: ObjectDefinition, name: string): FieldDefinition | undefined {
  return fieldIndexes.get(object.name)?.get(name.toLowerCase());
}

/** The reference that a query walks by this relationship name (`Account` on a contact). */
export function findParentRelationship(object: ObjectDefinition, name: string): FieldDefinition | undefined {
  const wanted = name.toLowerCase();
  return object.fields.find((field) => field.relationshipName?.toLowerCase() === wanted);
}

/** The references that point to this object and can be walked back. */
export function listChildRelationships(object: ObjectDefinition): ChildRelationship[] {
  return objects.flatMap((child) =>
    child.fields.flatMap((field) =>
      field.childRelationshipName !== null && field.referenceTo.includes(object.name)
        ? [{ name: field.childRelationshipName, child, field }]
        : [],
    ),
  );
}

/** The value of a field as a caller sees it. */
export function readField(row: Row, field: FieldDefinition): OutputValue {
  return field.compute === null ? (row[field.name] ?? null) : field.compute(row);
}
