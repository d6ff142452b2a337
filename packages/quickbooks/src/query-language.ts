import { ValidationError } from "@isthmus/core";

/** A value that may stand in a query. An array becomes the list of `IN`. */
export type QueryValue = string | number | boolean | Date;

/**
 * Builds a query in which every value is a literal, whatever it contains. Money is given as a decimal string.
 *
 * @example
 * quickbooksQuery`select * from Invoice where CustomerRef = ${customerId} and TxnDate >= ${"2026-01-01"}`
 * @throws {ValidationError} for a value that the language has no literal for: NaN, an invalid date, an empty list, control
 *   characters.
 * @see https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
 */
export function quickbooksQuery(
  texts: TemplateStringsArray,
  ...values: readonly (QueryValue | readonly QueryValue[])[]
): string {
  return values.reduce<string>(
    (query, value, index) => query + toText(value) + (texts[index + 1] ?? ""),
    texts[0] ?? "",
  );
}

/** Text as a literal of the query language. `%` keeps its meaning in `LIKE`: the language has no escape for it. */
export function escapeQueryText(text: string): string {
  // A lone surrogate, or a line break, ends up as something else at Intuit than what was asked for.
  if (!text.isWellFormed() || hasControls(text)) {
    throw new ValidationError("A text of the query holds control characters or half a character.");
  }
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

function toText(value: QueryValue | readonly QueryValue[]): string {
  if (!isList(value)) return toLiteral(value);
  if (value.length === 0) throw new ValidationError("The query language has no empty list: leave the condition out.");
  return `(${value.map(toLiteral).join(", ")})`;
}

function isList(value: QueryValue | readonly QueryValue[]): value is readonly QueryValue[] {
  return Array.isArray(value);
}

/** Every literal but the truth values stands in quotes, numbers too. */
function toLiteral(value: QueryValue): string {
  if (typeof value === "string") return escapeQueryText(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value) && !String(value).includes("e")) return `'${value}'`;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return `'${value.toISOString().replace(".000Z", "Z")}'`;
  throw new ValidationError("A value of the query is not a string, a plain number, a boolean or a valid date.");
}

function hasControls(text: string): boolean {
  for (const character of text) if (character < " " || character === "\u007f") return true;
  return false;
}
