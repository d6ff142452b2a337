/** The sum of decimal texts, exact, with `decimals` places. */
export function addDecimals(values: readonly string[], decimals: number): string {
  return toText(
    values.reduce((sum, value) => sum + scaled(value, decimals), 0n),
    decimals,
  );
}

/** The product of two decimal texts, rounded half up to `decimals` places. */
export function multiplyDecimals(left: string, right: string, decimals: number): string {
  const product = scaled(left, 6) * scaled(right, 6);
  const divisor = 10n ** BigInt(12 - decimals);
  const half = product < 0n ? -divisor / 2n : divisor / 2n;
  return toText((product + half) / divisor, decimals);
}

function scaled(value: string, decimals: number): bigint {
  const negative = value.startsWith("-");
  const [whole = "0", fraction = ""] = value.replace("-", "").split(".");
  const digits = BigInt(`${whole}${fraction.padEnd(decimals, "0").slice(0, decimals)}`);
  return negative ? -digits : digits;
}

function toText(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, "0");
  const at = digits.length - decimals;
  return `${value < 0n ? "-" : ""}${digits.slice(0, at)}${decimals > 0 ? `.${digits.slice(at)}` : ""}`;
}
