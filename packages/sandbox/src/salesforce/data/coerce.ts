import { SalesforceError } from "../errors.js";
import { normalizeId } from "../ids.js";
import type { FieldDefinition, FieldValue } from "../schema/definitions.js";
import { parseDate, parseDateTime, toSalesforceDateTime } from "./time.js";

/** What the JSON parser of a typed server calls a value and its target. */
const javaNames: Partial<Record<FieldDefinition["type"], string>> = {
  boolean: "boolean",
  int: "int",
  double: "double",
  currency: "double",
  percent: "double",
  date: "date",
  datetime: "datetime",
};

/**
 * Turns a JSON value into a stored one.
 *
 * @param position - Where the value stands in the body, for the message.
 * @throws {SalesforceError} JSON_PARSER_ERROR, STRING_TOO_LONG, MALFORMED_ID, NUMBER_OUTSIDE_VALID_RANGE,
 *   INVALID_EMAIL_ADDRESS or INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST.
 */
export function coerceValue(field: FieldDefinition, value: unknown, position: string): FieldValue {
  if (value === null || value === "")
    return field.type === "boolean" ? refuseNullBoolean(field, value, position) : null;
  switch (field.type) {
    case "boolean":
      if (typeof value === "boolean") return value;
      if (value === "true" || value === "false") return value === "true";
      break;
    case "int":
    case "double":
    case "currency":
    case "percent": {
      const number = toNumber(value, field.type === "int");
      if (number !== undefined) return fitNumber(field, number);
      break;
    }
    case "date": {
      const day = typeof value === "string" ? value.slice(0, 10) : "";
      const whole = typeof value === "string" && (value.length === 10 || parseDateTime(value) !== undefined);
      if (whole && parseDate(day) !== undefined) return day;
      break;
    }
    case "datetime": {
      const instant = typeof value === "string" ? (parseDateTime(value) ?? parseDate(value)) : undefined;
      if (instant !== undefined) return toSalesforceDateTime(instant);
      break;
    }
    case "base64":
      if (typeof value === "string" && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value)) return value;
      break;
    default:
      if (typeof value === "string") return coerceText(field, value);
  }
  throw cannotDeserialize(javaNames[field.type] ?? "string", value, position);
}

/** The error of a typed JSON parser that met a value of another type. */
export function cannotDeserialize(target: string, value: unknown, position: string): SalesforceError {
  const shown = typeof value === "object" ? "" : ` value ${String(value)}`;
  const message = `Cannot deserialize instance of ${target} from ${tokenName(value)}${shown} or request may be missing a required field at ${position}`;
  return new SalesforceError(400, "JSON_PARSER_ERROR", message);
}

function coerceText(field: FieldDefinition, value: string): FieldValue {
  if (field.type === "reference" || field.type === "id") {
    const id = normalizeId(value);
    if (id === undefined) {
      throw new SalesforceError(400, "MALFORMED_ID", `${field.label}: id value of incorrect type: ${value}`, [
        field.name,
      ]);
    }
    return id;
  }
  if (field.type === "picklist" && field.restrictedPicklist && !field.picklistValues.includes(value)) {
    const message = `${field.label}: bad value for restricted picklist field: ${value}`;
    throw new SalesforceError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name]);
  }
  if (field.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value)) {
    throw new SalesforceError(400, "INVALID_EMAIL_ADDRESS", `${field.label}: invalid email address: ${value}`, [
      field.name,
    ]);
  }
  if (field.length > 0 && value.length > field.length) {
    const message = `${field.label}: data value too large: ${value.slice(0, 255)} (max length=${field.length})`;
    throw new SalesforceError(400, "STRING_TOO_LONG", message, [field.name]);
  }
  // Salesforce drops white space around the value of a single-line text.
  const trimmed = field.type === "textarea" ? value : value.trim();
  return trimmed === "" ? null : trimmed;
}

function fitNumber(field: FieldDefinition, number: number): number {
  const wholeDigits = field.precision - field.scale;
  if (field.precision > 0 && Math.abs(number) >= 10 ** wholeDigits) {
    const message = `${field.label}: value outside of valid range on numeric field: ${number}`;
    throw new SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", message, [field.name]);
  }
  if (field.type === "int") return number;
  // By way of decimal text, so that 1.005 becomes 1.01 as in the server's decimal arithmetic.
  return Number(`${Math.sign(number) * Math.round(Number(`${Math.abs(number)}e${field.scale}`))}e-${field.scale}`);
}

function toNumber(value: unknown, whole: boolean): number | undefined {
  const number =
    typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  return whole && !Number.isInteger(number) ? undefined : number;
}

function refuseNullBoolean(field: FieldDefinition, value: unknown, position: string): FieldValue {
  if (value === "") throw cannotDeserialize("boolean", value, position);
  throw new SalesforceError(400, "INVALID_TYPE_ON_FIELD_IN_RECORD", `${field.label}: value not of required type: `, [
    field.name,
  ]);
}

function tokenName(value: unknown): string {
  if (Array.isArray(value)) return "START_ARRAY";
  if (typeof value === "object") return "START_OBJECT";
  if (typeof value === "boolean") return value ? "VALUE_TRUE" : "VALUE_FALSE";
  if (typeof value === "number") return Number.isInteger(value) ? "VALUE_NUMBER_INT" : "VALUE_NUMBER_FLOAT";
  return "VALUE_STRING";
}
