/** A scalar type of the ABAP dictionary. */
export type AbapType =
  | { readonly kind: "char" | "numc" | "raw"; readonly length: number }
  | { readonly kind: "decimal"; readonly digits: number; readonly decimals: number }
  | { readonly kind: "int"; readonly bytes: 1 | 2 | 4 | 8 }
  | { readonly kind: "dats" | "tims" | "string" | "xstring" | "float" };

/** Text of at most `length` characters; trailing blanks mean nothing. */
export const char = (length: number): AbapType => ({ kind: "char", length });
/** Exactly `length` digits. */
export const numc = (length: number): AbapType => ({ kind: "numc", length });
/** Exactly `length` bytes. */
export const raw = (length: number): AbapType => ({ kind: "raw", length });
/** A packed number (DEC, CURR, QUAN) of `digits` digits, `decimals` of them after the point. */
export const decimal = (digits: number, decimals: number): AbapType => ({ kind: "decimal", digits, decimals });
/** A whole number of 1, 2, 4 or 8 bytes. */
export const int = (bytes: 1 | 2 | 4 | 8 = 4): AbapType => ({ kind: "int", bytes });
/** A date, `YYYYMMDD` in memory. */
export const dats: AbapType = { kind: "dats" };
/** A time, `HHMMSS` in memory. */
export const tims: AbapType = { kind: "tims" };
/** Text of any length; trailing blanks count. */
export const string: AbapType = { kind: "string" };
/** Bytes of any number, hexadecimal in memory. */
export const xstring: AbapType = { kind: "xstring" };
/** A double. */
export const float: AbapType = { kind: "float" };

/** A value that its field cannot hold. */
export class ConversionError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "ConversionError";
}

/** What a field holds when nobody wrote it. */
export function initialValue(type: AbapType): string {
  switch (type.kind) {
    case "numc":
      return "0".repeat(type.length);
    case "raw":
      return "00".repeat(type.length);
    case "decimal":
      return toDecimal("0", type.digits, type.decimals) ?? "0";
    case "int":
    case "float":
      return "0";
    case "dats":
      return "00000000";
    case "tims":
      return "000000";
    default:
      return "";
  }
}

/**
 * A value as XML carries it, into ABAP's own form.
 *
 * @throws {ConversionError} when the field cannot hold it: nothing is cut or rounded.
 */
export function fromXml(type: AbapType, text: string): string {
  const bare = text.trim();
  if (type.kind === "string") return text;
  if (type.kind === "char") return within(text.replace(/ +$/, ""), type.length);
  if (bare === "") return initialValue(type);
  const converted = convert(type, bare);
  if (converted === undefined) throw new ConversionError(`The value "${bare.slice(0, 40)}" cannot be converted`);
  return converted;
}

/** A value in ABAP's own form as XML carries it: dates with dashes, initial ones as `0000-00-00`, bytes in base64. */
export function toXmlText(type: AbapType, value: string): string {
  switch (type.kind) {
    case "dats":
      return value.replace(/^(.{4})(.{2})(.{2})$/, "$1-$2-$3");
    case "tims":
      return value.replace(/^(.{2})(.{2})(.{2})$/, "$1:$2:$3");
    case "raw":
    case "xstring":
      return Buffer.from(value, "hex").toString("base64");
    case "char":
      return value.replace(/ +$/, "");
    default:
      return value;
  }
}

/** The letter by which ABAP names the type, as RFC_READ_TABLE returns it. */
export function typeLetter(type: AbapType): string {
  const letters = { char: "C", numc: "N", raw: "X", decimal: "P", dats: "D", tims: "T", float: "F" } as const;
  if (type.kind === "int") return type.bytes === 1 ? "b" : type.bytes === 2 ? "s" : type.bytes === 8 ? "8" : "I";
  return type.kind === "string" ? "g" : type.kind === "xstring" ? "y" : letters[type.kind];
}

function convert(type: AbapType, bare: string): string | undefined {
  switch (type.kind) {
    case "numc":
      return /^\d+$/.test(bare) && bare.length <= type.length ? bare.padStart(type.length, "0") : undefined;
    case "decimal":
      return toDecimal(bare, type.digits, type.decimals);
    case "int":
      return toInteger(bare, type.bytes);
    case "float":
      return Number.isFinite(Number(bare)) ? bare : undefined;
    case "dats":
      return toDate(bare);
    case "tims":
      return /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(bare) ? bare.replaceAll(":", "") : undefined;
    case "raw":
      return toBytes(bare, type.length);
    case "xstring":
      return toBytes(bare, undefined);
    default:
      return bare;
  }
}

function within(text: string, length: number): string {
  if (text.length <= length) return text;
  throw new ConversionError(`The value "${text.slice(0, 40)}" is longer than ${length} characters`);
}

function toDecimal(bare: string, digits: number, decimals: number): string | undefined {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(bare);
  const [, sign = "", whole = "", fraction = ""] = match ?? [];
  if (match === null || whole.length > digits - decimals || fraction.length > decimals) return undefined;
  const zero = whole === "" && fraction === "";
  const text = `${whole === "" ? "0" : whole}${decimals > 0 ? `.${fraction.padEnd(decimals, "0")}` : ""}`;
  return sign === "-" && !zero ? `-${text}` : text;
}

function toInteger(bare: string, bytes: 1 | 2 | 4 | 8): string | undefined {
  if (!/^[+-]?\d{1,20}$/.test(bare)) return undefined;
  const value = BigInt(bare.replace("+", ""));
  // INT1 is the one without a sign.
  const [least, most] = bytes === 1 ? [0n, 255n] : [-(2n ** BigInt(bytes * 8 - 1)), 2n ** BigInt(bytes * 8 - 1) - 1n];
  return value >= least && value <= most ? String(value) : undefined;
}

function toDate(bare: string): string | undefined {
  if (bare === "0000-00-00") return "00000000";
  const date = new Date(`${bare}T00:00:00Z`);
  const real = /^\d{4}-\d\d-\d\d$/.test(bare) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(bare);
  return real ? bare.replaceAll("-", "") : undefined;
}

function toBytes(bare: string, length: number | undefined): string | undefined {
  if (!/^[A-Za-z0-9+/\s]*=*$/.test(bare)) return undefined;
  const hex = Buffer.from(bare, "base64").toString("hex").toUpperCase();
  if (length === undefined) return hex;
  return hex.length <= length * 2 ? hex.padEnd(length * 2, "0") : undefined;
}
