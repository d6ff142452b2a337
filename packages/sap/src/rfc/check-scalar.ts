import { findForbiddenCharacter } from "@isthmus/core";
import type { RfcType } from "./rfc-types.js";

/** A type that is neither a structure nor a table. */
type ScalarType = Exclude<RfcType, { kind: "structure" | "table" }>;

/** A value as it is written in XML, or what is wrong with it. */
export type CheckedScalar =
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: string };

/** A caller's value against the type that the WSDL gives its field. A problem never repeats the value. */
export function checkScalar(value: unknown, type: ScalarType): CheckedScalar {
  switch (type.kind) {
    case "text":
      return checkText(value, type.maxLength);
    case "digits":
      return checkDigits(value, type.length);
    case "date":
      if (value === null) return { text: "0000-00-00" };
      return typeof value === "string" && isDate(value)
        ? { text: value }
        : problem("a date such as 2026-11-26, or null");
    case "time":
      return typeof value === "string" && /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$|^24:00:00$/.test(value)
        ? { text: value }
        : problem("a time such as 23:59:59");
    case "integer":
      return typeof value === "number" && Number.isInteger(value) && value >= type.minimum && value <= type.maximum
        ? { text: String(value) }
        : problem(`a whole number from ${type.minimum} to ${type.maximum}`);
    case "decimal":
      return checkDecimal(value, type);
    case "float":
      return typeof value === "number" && Number.isFinite(value) ? { text: String(value) } : problem("a finite number");
    case "bytes":
      return checkBytes(value, type.maxLength);
  }
}

function checkText(value: unknown, maxLength: number | undefined): CheckedScalar {
  if (typeof value !== "string") return problem("text");
  if (maxLength !== undefined && value.length > maxLength) return problem(`at most ${maxLength} characters`);
  return findForbiddenCharacter(value) === undefined ? { text: value } : problem("text without control characters");
}

/** NUMC is filled up with zeros on the left, as ABAP does when it moves digits there. */
function checkDigits(value: unknown, length: number | undefined): CheckedScalar {
  if (typeof value !== "string" || !/^\d*$/.test(value)) return problem("digits as text, such as 000010");
  if (length !== undefined && value.length > length) return problem(`at most ${length} digits`);
  return { text: value.padStart(length ?? 0, "0") };
}

function checkDecimal(value: unknown, { digits, scale, isInt8 }: Extract<RfcType, { kind: "decimal" }>): CheckedScalar {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  const form = typeof text === "string" ? /^-?(\d+)(?:\.(\d+))?$/.exec(text) : null;
  if (typeof text !== "string" || !form) return problem('a decimal as text, such as "1234.50"');
  const [, whole = "", fraction = ""] = form;
  if (scale !== undefined && fraction.length > scale) return problem(`at most ${scale} digits after the point`);
  const room = digits === undefined ? undefined : digits - (scale ?? 0);
  if (room !== undefined && whole.replace(/^0+/, "").length > room) {
    return problem(`at most ${room} digits before the point`);
  }
  if (isInt8 && BigInt(text) !== BigInt.asIntN(64, BigInt(text))) return problem("a whole number of 64 bits");
  return { text };
}

function checkBytes(value: unknown, maxLength: number | undefined): CheckedScalar {
  if (typeof value !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) {
    return problem("bytes in base64");
  }
  if (maxLength !== undefined && Buffer.byteLength(value, "base64") > maxLength) {
    return problem(`at most ${maxLength} bytes`);
  }
  return { text: value };
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && !text.startsWith("0000");
}

function problem(expected: string): CheckedScalar {
  return { problem: `Expected ${expected}.` };
}
