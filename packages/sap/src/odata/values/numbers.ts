import type { ODataFacets, ODataVersion } from "../model.js";
import type { EdmType, EdmValue } from "./edm-type.js";
import { refuse } from "./unfit-value.js";

/** Whole numbers that JavaScript's numbers hold: `Edm.Byte`, `SByte`, `Int16`, `Int32`. */
export function wholeNumber(min: number, max: number): EdmType {
  const expected = `must be a whole number from ${min} to ${max}`;
  const check = (value: unknown): number => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) return refuse(expected);
    return value === 0 ? 0 : value;
  };
  return {
    check,
    fromWire: (wire) => check(typeof wire === "string" && /^-?\d{1,10}$/.test(wire) ? Number(wire) : wire),
    toWire: (value) => value,
    toLiteral: String,
  };
}

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** `Edm.Int64`: text of digits, as not every one is a number of JavaScript's. v2 marks its literals with `L`. */
export function int64Type(version: ODataVersion): EdmType {
  const check = (value: unknown): string => {
    const text = typeof value === "number" ? exactNumberText(value) : value;
    if (typeof text !== "string" || !/^-?\d{1,19}$/.test(text)) return refuse("must be a whole number of 64 bits");
    const number = BigInt(text);
    if (number < int64.min || number > int64.max) return refuse("must be a whole number of 64 bits");
    return number.toString();
  };
  return {
    check,
    fromWire: check,
    toWire: (value) => value,
    toLiteral: (value) => (version === "v2" ? `${value}L` : String(value)),
  };
}

/**
 * `Edm.Decimal`: text of digits with every place that was given. A number is taken where a double holds it exactly.
 * Digits beyond precision or scale are refused, never rounded; zeros at the end do not count.
 */
export function decimalType(version: ODataVersion): EdmType {
  return {
    fromWire: (wire) => readDecimal(wire),
    check: (value, facets) => {
      const text = readDecimal(value);
      checkPlaces(text, facets);
      return text;
    },
    toWire: (value) => value,
    toLiteral: (value) => (version === "v2" ? `${value}M` : String(value)),
  };
}

/** Zeros that an exponent may write out. */
const maxExponent = 400;

function readDecimal(value: unknown): string {
  const text = typeof value === "number" ? exactNumberText(value) : value;
  const expected = 'must be a decimal number such as "1250.00"';
  if (typeof text !== "string" || text.length > 1_000) return refuse(expected);
  const found = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (!found) return refuse(expected);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found;
  if (Math.abs(Number(exponent)) > maxExponent) return refuse(expected);
  return (sign === "-" ? "-" : "") + shiftPoint(whole, fraction, Number(exponent));
}

/** Writes an exponent out, and takes zeros before the first digit away. */
function shiftPoint(whole: string, fraction: string, exponent: number): string {
  const point = whole.length + exponent;
  const digits = "0".repeat(Math.max(0, 1 - point)) + whole + fraction;
  const at = Math.max(1, point);
  const padded = digits.padEnd(at, "0");
  const rest = padded.slice(at);
  return `${padded.slice(0, at).replace(/^0+(?=\d)/, "")}${rest === "" ? "" : `.${rest}`}`;
}

function checkPlaces(text: string, { precision, scale }: ODataFacets): void {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const places = fraction.replace(/0+$/, "").length;
  if (scale !== undefined && places > scale) refuse(`must have at most ${scale} decimal places`);
  if (precision === undefined || precision === 0) return;
  const integers = whole.replace(/^0+/, "").length;
  // "Precision 5, scale 2" leaves three digits before the point, however few stand behind it.
  if (integers > precision - (scale ?? 0) || integers + places > precision) {
    refuse(`must have at most ${precision} digits${scale === undefined ? "" : `, ${scale} of them decimal places`}`);
  }
}

/** A number as the text of its digits, where a double holds those exactly: up to fifteen. */
function exactNumberText(value: number): string {
  const text = String(value);
  const [digits = ""] = text.split("e");
  const isExact = Number.isFinite(value) && digits.replace(/^-?[0.]*|\./g, "").length <= 15;
  if (isExact || Number.isSafeInteger(value)) return text;
  return refuse("must be given as text: a number of so many digits is not exact");
}

const notFinite: ReadonlySet<string> = new Set(["INF", "-INF", "NaN"]);

/**
 * `Edm.Single` and `Edm.Double`: numbers of JavaScript's, and the texts `INF`, `-INF` and `NaN`, which JSON has no numbers for.
 *
 * @param suffix - What v2 marks its literals with: `f` or `d`.
 */
export function floatingType(version: ODataVersion, suffix: "f" | "d"): EdmType {
  const check = (value: unknown): EdmValue => {
    if (typeof value === "string" && notFinite.has(value)) return value;
    if (typeof value !== "number") return refuse('must be a number, "INF", "-INF" or "NaN"');
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
    if (suffix === "f" && !Number.isFinite(Math.fround(value))) return refuse("must be within what a Single holds");
    return value;
  };
  return {
    check,
    // Some services write them as text, SAP Gateway among them.
    fromWire: (wire) => check(typeof wire === "string" && isNumberText(wire) ? Number(wire) : wire),
    toWire: (value) => value,
    toLiteral: (value) => {
      const isMarked = version === "v2" && typeof value === "number";
      return isMarked ? `${value}${suffix}` : String(value);
    },
  };
}

function isNumberText(text: string): boolean {
  return text.length < 400 && /^\s*[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?\s*$/.test(text);
}
