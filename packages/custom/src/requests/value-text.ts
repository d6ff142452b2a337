import { ValidationError } from "@isthmus/core";

/** How a control character, C0, DEL or C1, is recognised. */
export const controlCharacters = /\p{Cc}/u;

/**
 * A value as text: a text itself, a number or a truth value as JSON writes it.
 *
 * @param what - Names the field in the issue, never its value.
 * @returns `undefined` for a value that is missing or null.
 * @throws {ValidationError} for objects, lists, numbers without a decimal form, and half a surrogate pair.
 */
export function textOf(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return String(value);
  if (typeof value !== "string") throw unfit(what, "must be a text, a number or a truth value");
  if (!value.isWellFormed()) throw unfit(what, "holds broken Unicode");
  return value;
}

/** A refusal of an input's field. */
export function unfit(path: string, message: string): ValidationError {
  return new ValidationError(`The input does not fit at ${path}: ${message}. Nothing was sent.`, [{ path, message }]);
}

/** Percent-encodes everything but RFC 3986's unreserved characters. @see https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
