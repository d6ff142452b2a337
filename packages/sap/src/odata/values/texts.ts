import type { ODataVersion } from "../model.js";
import type { EdmType, EdmValue } from "./edm-type.js";
import { refuse } from "./unfit-value.js";

/** `Edm.String`. Half of a surrogate pair is refused: it cannot be sent as UTF-8. */
export const stringType: EdmType = {
  fromWire: (wire) => (typeof wire === "string" ? wire : refuse("must be text")),
  check: (value, { maxLength }) => {
    if (typeof value !== "string") return refuse("must be text");
    if (!value.isWellFormed()) return refuse("must be text that Unicode can write: it has half of a character");
    if (maxLength !== undefined && value.length > maxLength && [...value].length > maxLength) {
      return refuse(`must have at most ${maxLength} characters`);
    }
    return value;
  },
  toWire: (value) => value,
  toLiteral: quoted,
};

/** A quote within the literal is two: the only character that has to be escaped, in v2 as in v4. */
export function quoted(value: EdmValue): string {
  return `'${String(value).replaceAll("'", "''")}'`;
}

/** `Edm.Boolean`. */
export const booleanType: EdmType = {
  fromWire: (wire) => {
    if (wire === "true" || wire === "false") return wire === "true";
    return checkBoolean(wire);
  },
  check: checkBoolean,
  toWire: (value) => value,
  toLiteral: String,
};

function checkBoolean(value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse("must be true or false");
}

/** `Edm.Guid`, as it is written: hexadecimal digits in either case. */
export function guidType(version: ODataVersion): EdmType {
  const check = (value: unknown): string => {
    if (typeof value === "string" && /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(value)) {
      return value;
    }
    return refuse('must be a GUID such as "42010aef-0de5-1edb-8a9e-cc4a5c1d7f00"');
  };
  return {
    fromWire: check,
    check,
    toWire: (value) => value,
    toLiteral: (value) => (version === "v2" ? `guid'${value}'` : String(value)),
  };
}

/**
 * `Edm.Binary`: base64 with padding. v4 has base64url on the wire; its services write either, and both are read.
 * Literals are hexadecimal in v2, base64url in v4.
 */
export function binaryType(version: ODataVersion): EdmType {
  return {
    fromWire: (wire) => readBytes(wire, anyBase64).toString("base64"),
    check: (value, { maxLength }) => {
      const bytes = readBytes(value, anyBase64);
      if (maxLength !== undefined && bytes.length > maxLength) return refuse(`must have at most ${maxLength} bytes`);
      return bytes.toString("base64");
    },
    toWire: (value) => (version === "v2" ? value : toBase64Url(value)),
    toLiteral: (value) =>
      version === "v2"
        ? `X'${Buffer.from(String(value), "base64").toString("hex").toUpperCase()}'`
        : `binary'${toBase64Url(value)}'`,
  };
}

const anyBase64 = /^[\w+/-]*={0,2}$/;

function readBytes(value: unknown, form: RegExp): Buffer {
  const expected = "must be bytes in base64";
  if (typeof value !== "string") return refuse(expected);
  // Line breaks are allowed in what SAP Gateway writes, as in MIME.
  const text = value.replace(/\r?\n/g, "");
  const digits = text.replace(/=+$/, "").length;
  if (!form.test(text) || digits % 4 === 1) return refuse(expected);
  return Buffer.from(text, "base64");
}

function toBase64Url(value: EdmValue): string {
  return Buffer.from(String(value), "base64").toString("base64url");
}
