import { ValidationError } from "../errors/index.js";

/**
 * The one spelling of a value in the JSON Canonicalization Scheme: no spaces, properties in the order of their UTF-16 code
 * units, strings and numbers as ECMAScript writes them. For what is hashed or signed: two writers of the same value get the
 * same bytes. A lone surrogate, which the scheme forbids, is written as its escape.
 *
 * @param value - Anything that `JSON.stringify` can write; it is written as `JSON.parse` would read it back.
 * @throws {ValidationError} for a value that cannot be written as JSON. The message does not quote it.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  try {
    // Once through JSON: `toJSON`, boxed values and `undefined` are its business, and what comes back is plain.
    return write(JSON.parse(JSON.stringify(value)));
  } catch {
    // A cycle, a BigInt, `undefined`, or nested too deep. The message of the error may quote the value, so it is not kept.
    throw new ValidationError("Only a value that can be written as JSON has a canonical form.");
  }
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  // Without a comparison `sort` goes by UTF-16 code units, which is the order of RFC 8785, 3.2.3.
  const members = Object.entries(value).map(([name, member]) => [name, member] as const);
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`).join(",")}}`;
}
