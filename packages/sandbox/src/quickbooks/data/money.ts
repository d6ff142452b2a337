import type { JsonValue } from "./records.js";

/** Decimal places that a quantity, a price or a rate keeps while it is multiplied. */
const scale = 10;
const unit = 10n ** BigInt(scale);

/**
 * Reads a JSON number (or a text that holds one) exactly, in units of 10⁻¹⁰.
 *
 * @returns `undefined` for anything else. Digits beyond the tenth place are dropped.
 */
export function readDecimal(value: JsonValue | undefined): bigint | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?\s*$/.exec(String(value));
  if (match === null || `${match[2]}${match[3] ?? ""}` === "") return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return sign === "-" ? -magnitude : magnitude;
}

/** Rounds units of 10⁻¹⁰ to cents, halves away from zero. */
export function roundToCents(decimal: bigint): bigint {
  return divideRounded(decimal, unit / 100n);
}

/** An amount in cents; 0 where there is none. */
export function centsOf(value: JsonValue | undefined): bigint {
  return roundToCents(readDecimal(value) ?? 0n);
}

/** Multiplies two decimals (units of 10⁻¹⁰) and rounds to cents, as a line's quantity times its price. */
export function multiplyToCents(left: bigint, right: bigint): bigint {
  return divideRounded(left * right, (unit * unit) / 100n);
}

/** `percent` (units of 10⁻¹⁰) of an amount in cents, rounded to cents. */
export function percentOfCents(cents: bigint, percent: bigint): bigint {
  return divideRounded(cents * percent, unit * 100n);
}

/** The JSON number of an amount in cents: the nearest double, so that it prints with at most two decimals. */
export function toAmount(cents: bigint): number {
  return Number(cents) / 100;
}

function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return dividend >= 0n ? (dividend + half) / divisor : -((-dividend + half) / divisor);
}
