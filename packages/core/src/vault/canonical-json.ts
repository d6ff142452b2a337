import { ValidationError } from "../errors/index.js";

/**
 * The one spelling of a value in the JSON Canonicalization Scheme: no spaces, properties in the order of their UTF-16 code
 * units, strings and numbers as ECMAScript writes them. For what is hashed or signed: two writers of the same value get the
 * same bytes. A lone surrogate, which the scheme forbids, is written as its escape.
 *
 * @param value - Anything that `JSON.stringify` can write; it is written as `JSON.parse` would read it back.
 * @param maxDepth - Objects and arrays within each other. Default: as many as the stack holds, some thousands.
 * @throws {ValidationError} for a value that cannot be written as JSON, or is nested deeper. The message does not quote it.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown, maxDepth = Number.POSITIVE_INFINITY): string {
  try {
    // `toJSON`, boxed values and `undefined` are the business of JSON: what it reads back is plain.
    return writePlain(value, maxDepth) ?? writePlain(JSON.parse(JSON.stringify(value)), maxDepth) ?? refuse();
  } catch {
    // A cycle, a BigInt, `undefined`, or nested too deep. The message of the error may quote the value, so it is not kept.
    return refuse();
  }
}

function refuse(): never {
  throw new ValidationError(
    "Only a value that can be written as JSON, and is not nested too deep, has a canonical form.",
  );
}

/** @returns `undefined` for what is, or has in it, anything else than text, numbers, booleans, null, arrays and plain objects. */
function writePlain(value: unknown, depth: number): string | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null) {
    return JSON.stringify(value);
  }
  if (typeof value !== "object") return undefined;
  if (depth === 0) return refuse();
  return Array.isArray(value) ? writeArray(value, depth - 1) : writeObject(value, depth - 1);
}

function writeArray(values: readonly unknown[], depth: number): string | undefined {
  let text = "";
  for (const each of values) {
    const member = writePlain(each, depth);
    if (member === undefined) return undefined;
    text += text === "" ? member : `,${member}`;
  }
  return `[${text}]`;
}

function writeObject(value: object, depth: number): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || typeof Reflect.get(value, "toJSON") === "function") {
    return undefined;
  }
  let text = "";
  // Without a comparison `sort` goes by UTF-16 code units, which is the order of RFC 8785, 3.2.3.
  for (const name of Object.keys(value).sort()) {
    const member = writePlain(Reflect.get(value, name), depth);
    if (member === undefined) return undefined;
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${member}`;
  }
  return `{${text}}`;
}
