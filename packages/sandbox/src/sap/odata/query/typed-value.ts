import { isDecimal } from "../../money.js";
import { padNumber } from "../../number-ranges.js";
import type { PropertyModel } from "../model/service-model.js";
import type { EdmValue } from "../rows.js";
import type { LiteralKind } from "./filter-tokens.js";

/** A value of a filter while it is worked out. */
export interface TypedValue {
  kind: LiteralKind;
  value: string;
  /** Whether leading zeros do not count. */
  alpha?: boolean;
}

const kinds: Readonly<Record<PropertyModel["type"], LiteralKind>> = {
  "Edm.String": "string",
  "Edm.Boolean": "boolean",
  "Edm.Guid": "guid",
  "Edm.Int16": "number",
  "Edm.Int32": "number",
  "Edm.Int64": "number",
  "Edm.Decimal": "number",
  "Edm.Date": "day",
  "Edm.TimeOfDay": "time",
  "Edm.DateTimeOffset": "instant",
};

/** A property's value, ready to be compared. */
export function toTypedValue(property: PropertyModel, value: EdmValue | undefined): TypedValue {
  if (value === null || value === undefined) return { kind: "null", value: "" };
  return { kind: kinds[property.type], value: String(value), ...(property.alpha === true && { alpha: true }) };
}

/**
 * Compares as the types demand: numbers exactly at any size, instants by the moment, a day with v2's midnight.
 *
 * @returns less than, equal to or more than 0; `undefined` where the two cannot be compared.
 */
export function compareTyped(left: TypedValue, right: TypedValue): number | undefined {
  if (left.kind === "null" || right.kind === "null") return left.kind === right.kind ? 0 : undefined;
  if (left.kind === "number" && right.kind === "number") return compareDecimals(left.value, right.value);
  if (left.kind === "instant" && right.kind === "instant") return Date.parse(left.value) - Date.parse(right.value);
  if (left.kind === "day" || right.kind === "day") return compareDays(left, right);
  if (left.kind !== right.kind) return undefined;
  const alpha = left.alpha === true || right.alpha === true;
  return alpha ? compareText(pad(left.value), pad(right.value)) : compareText(left.value, right.value);
}

/** Compares decimal text of any length. @returns `undefined` when one is no number. */
export function compareDecimals(left: string, right: string): number | undefined {
  if (!isDecimal(left) || !isDecimal(right)) return undefined;
  const scale = Math.max(fractionLength(left), fractionLength(right));
  const difference = scaled(left, scale) - scaled(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

// v2 writes a day as datetime'2024-05-31T00:00:00'.
function compareDays(left: TypedValue, right: TypedValue): number | undefined {
  const days = [left, right].map(({ kind, value }) => (kind === "day" || kind === "instant" ? value.slice(0, 10) : ""));
  const [first = "", second = ""] = days;
  return first === "" || second === "" ? undefined : compareText(first, second);
}

/** As the database has it: numbers padded with zeros, so that 9 comes before 10. */
function pad(value: string): string {
  return padNumber(value, 10);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function fractionLength(value: string): number {
  return value.split(".")[1]?.length ?? 0;
}

function scaled(value: string, scale: number): bigint {
  const [whole = "0", fraction = ""] = value.split(".");
  return BigInt(whole + fraction.padEnd(scale, "0"));
}
