import { csvLimits } from "./csv-format.js";

/** Salesforce's way to write "empty this field" in CSV; a field that holds nothing is left as it is. */
export const emptied = "#N/A";

const needsQuotes = /[",\r\n]|^\s|\s$/;

/**
 * A value as a field of Salesforce's CSV: `null` and the empty text as `#N/A`, as both empty a field in JSON too.
 *
 * @returns `undefined` for a value that is none: a relationship, whose fields have columns of their own.
 * @throws {RangeError} saying what the value must not be; never repeats it.
 */
export function toCsvValue(value: unknown): string | undefined {
  if (value === null || value === "") return emptied;
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return writeNumber(value);
  if (value instanceof Date) return writeDate(value);
  if (isRelationship(value)) return undefined;
  throw new RangeError("must be text, a finite number, a boolean, a valid date or null");
}

/** Whether a value is an object whose properties are the fields of a related record. */
export function isRelationship(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function quoteText(text: string): string {
  if (text.length > csvLimits.ingestFieldChars) {
    throw new RangeError(`must not be longer than ${csvLimits.ingestFieldChars} characters`);
  }
  if (text === emptied) throw new RangeError(`must not be the text ${emptied}, which empties the field: give null`);
  if (!text.isWellFormed()) throw new RangeError("must be well-formed Unicode");
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function writeDate(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new RangeError("must be a valid date");
  return date.toISOString();
}

/** With all the digits that JavaScript shows and without an exponent, which not every field of Salesforce's takes. */
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError("must be a finite number");
  const text = String(value);
  if (!text.includes("e")) return text;
  const [mantissa = "", exponent = ""] = text.split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}
