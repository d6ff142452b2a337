import { parseDate, parseDateTime } from "../data/time.js";
import { SalesforceError } from "../errors.js";
import type { FieldDefinition, ObjectDefinition } from "../schema/definitions.js";
import { findField, findObject, findParentRelationship } from "../schema/schema.js";
import { BadCsvError } from "./csv-reader.js";

/** Puts the value of one column into a record. */
export type Column = (value: string, record: Record<string, unknown>) => void;

/** What stands in a cell to empty a field; an empty cell leaves it as it is. */
const nullMark = "#N/A";

const yes = new Set(["true", "yes", "y", "on", "1"]);
const no = new Set(["false", "no", "n", "off", "0"]);

/**
 * Understands a header: a field, or `Account.External_Id__c` for a reference by the other record's external id.
 *
 * @throws {BadCsvError} for a name that means nothing; the whole job fails by it.
 */
export function createColumn(object: ObjectDefinition, name: string): Column {
  const field = findField(object, name);
  if (field !== undefined) {
    return (value, record) => {
      if (value !== "") record[field.name] = value === nullMark ? null : toFieldValue(field, value);
    };
  }
  const [path = "", keyName = ""] = name.split(".");
  // `Account:Owner.Email` names the object as well; only references to several objects may.
  const [typeName, relationship] = path.includes(":") ? path.split(":") : [undefined, path];
  const pointer = findParentRelationship(object, relationship ?? "");
  if (pointer === undefined) throw unknownField(name);
  if (typeName !== undefined && pointer.referenceTo.length === 1) {
    throw new BadCsvError(`InvalidBatch : type is not needed for non polymorphic foreign key: ${name}`);
  }
  const target = findObject(typeName ?? pointer.referenceTo[0] ?? "");
  const key = target === undefined ? undefined : findField(target, keyName);
  if (key === undefined || !(key.externalId || key.type === "id")) throw unknownField(name);
  if (key.type === "id") {
    return (value, record) => {
      if (value !== "") record[pointer.name] = value === nullMark ? null : value;
    };
  }
  return (value, record) => {
    if (value !== "") record[pointer.relationshipName ?? ""] = value === nullMark ? null : { [key.name]: value };
  };
}

function unknownField(name: string): BadCsvError {
  return new BadCsvError(`InvalidBatch : Field name not found : ${name}`);
}

/** What a text means for a field; dates and numbers are checked here, for the words that the Bulk API has for them. */
function toFieldValue(field: FieldDefinition, text: string): unknown {
  switch (field.type) {
    case "boolean": {
      const word = text.toLowerCase();
      if (yes.has(word)) return true;
      if (no.has(word)) return false;
      throw notOfType(field, text);
    }
    case "int":
    case "double":
    case "currency":
    case "percent":
      if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) throw notOfType(field, text);
      return Number(text);
    case "date":
      if (parseDate(text.slice(0, 10)) === undefined) throw notOfType(field, text);
      return text;
    case "datetime":
      if (parseDateTime(text) === undefined && parseDate(text) === undefined) throw notOfType(field, text);
      return text;
    default:
      return text;
  }
}

function notOfType(field: FieldDefinition, text: string): SalesforceError {
  const message = `${field.label}: value not of required type: ${text}`;
  return new SalesforceError(400, "INVALID_TYPE_ON_FIELD_IN_RECORD", message, [field.name]);
}
