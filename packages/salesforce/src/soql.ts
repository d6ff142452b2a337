import { ValidationError } from "@isthmus/core";
import { assertFieldName } from "./names.js";

/** A value that may stand in a SOQL query. An array becomes the list of `IN`. */
export type SoqlValue = string | number | bigint | boolean | Date | null;

/** A name of an object, field or relationship, proven to be one. Made by {@link soqlIdentifier}. */
export class SoqlIdentifier {
  /** The checked name, or several separated by a comma. */
  readonly text: string;

  constructor(names: readonly string[]) {
    if (names.length === 0) throw new ValidationError("A SOQL query needs at least one name here.");
    for (const name of names) assertFieldName(name);
    this.text = names.join(", ");
  }
}

/**
 * Builds a query text in which every value is a literal of its type, whatever it contains.
 *
 * @example
 * soql`SELECT Id FROM Account WHERE Name = ${name} AND Industry IN ${["Energy", "Retail"]}`
 * @throws {ValidationError} for a value that SOQL has no literal for: `undefined`, NaN, an invalid date, an empty list.
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
 */
export function soql(
  texts: TemplateStringsArray,
  ...values: readonly (SoqlValue | readonly SoqlValue[] | SoqlIdentifier)[]
): string {
  return values.reduce<string>(
    (query, value, index) => query + toSoqlText(value) + (texts[index + 1] ?? ""),
    texts[0] ?? "",
  );
}

/**
 * Lets a name stand in a query, such as a field that a user chose; several become a comma-separated list.
 *
 * @throws {ValidationError} for anything but letters, digits, underscores and the dots between relationships.
 */
export function soqlIdentifier(...names: readonly string[]): SoqlIdentifier {
  return new SoqlIdentifier(names);
}

/**
 * Escapes text for a `LIKE` pattern, so that `%` and `_` in it mean themselves:
 * ``soql`… WHERE Name LIKE ${`${escapeLike(start)}%`}` ``.
 */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}

function toSoqlText(value: SoqlValue | readonly SoqlValue[] | SoqlIdentifier): string {
  if (value instanceof SoqlIdentifier) return value.text;
  if (!isList(value)) return toLiteral(value);
  if (value.length === 0) throw new ValidationError("SOQL has no empty list: leave the condition out instead.");
  return `(${value.map(toLiteral).join(", ")})`;
}

function isList(value: SoqlValue | readonly SoqlValue[]): value is readonly SoqlValue[] {
  return Array.isArray(value);
}

function toLiteral(value: SoqlValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return `'${escapeString(value)}'`;
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && Number.isFinite(value)) return toDecimal(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw new ValidationError(
    "A value of the SOQL query is not a string, a finite number, a boolean, a valid date or null.",
  );
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

function escapeString(text: string): string {
  return text.replace(/[\\'"\n\r\t\b\f]/g, (character) => escapes[character] ?? character);
}

/** JavaScript writes very large and very small numbers with an exponent; a query gets all the digits. */
function toDecimal(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return Math.abs(value) >= 1 ? BigInt(value).toString() : value.toFixed(20).replace(/\.?0+$/, "");
}
