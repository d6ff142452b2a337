/** Whether this is a plain decimal, such as `-12.50`: no exponent, no group separators. */
export function isDecimal(value: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(value);
}

/**
 * Decimal text as a whole number of its last digit: `parseDecimal("1.5", 3)` is `1500n`. Exact at any size.
 *
 * @throws {RangeError} when it is no decimal, or has more digits after the point than `scale`.
 */
export function parseDecimal(value: string, scale: number): bigint {
  if (!isDecimal(value)) throw new RangeError(`${value} is not a decimal number.`);
  const [whole = "0", fraction = ""] = value.replace("-", "").split(".");
  const digits = fraction.replace(/0+$/, "");
  if (digits.length > scale) throw new RangeError(`${value} has more than ${scale} digits after the point.`);
  const number = BigInt(whole + digits.padEnd(scale, "0"));
  return value.startsWith("-") ? -number : number;
}

/** The opposite of `parseDecimal`. */
export function formatDecimal(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? "" : `.${digits.slice(digits.length - scale)}`;
  return `${value < 0n ? "-" : ""}${whole}${fraction}`;
}

/** A quantity (three digits after the point) times a price (two), as an amount with two, rounded half up. */
export function multiply(quantity: string, price: string): string {
  const product = parseDecimal(quantity, 3) * parseDecimal(price, 2);
  const half = product < 0n ? -500n : 500n;
  return formatDecimal((product + half) / 1000n, 2);
}
