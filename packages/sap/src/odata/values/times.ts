import type { ODataFacets } from "../model.js";
import type { EdmType } from "./edm-type.js";
import { refuse } from "./unfit-value.js";

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const clockPattern = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?$/;
const zonePattern = /^(.*?)(Z|[+-]\d{2}:\d{2})$/;

/**
 * v4 `Edm.Date`: `2026-11-26`, the same on the wire.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_PrimitiveValue
 */
export const dateType: EdmType = {
  fromWire: checkDate,
  check: checkDate,
  toWire: (value) => value,
  toLiteral: String,
};

/** v4 `Edm.TimeOfDay`: `09:30:00` or `09:30:00.5`, the same on the wire. Seconds may be left out. */
export const timeOfDayType: EdmType = {
  fromWire: (wire) => checkClock(wire),
  check: (value, facets) => checkFraction(checkClock(value), facets),
  toWire: (value) => value,
  toLiteral: String,
};

/** v4 `Edm.DateTimeOffset`: `2026-11-26T09:30:00Z` or with `+01:00`, the same on the wire. The zone has to be there. */
export const dateTimeOffsetType: EdmType = {
  fromWire: checkInstant,
  check: (value, facets) => checkFraction(checkInstant(value), facets),
  toWire: (value) => value,
  toLiteral: String,
};

/** v4 `Edm.Duration`: `P1DT2H`, the same on the wire; a literal is `duration'P1DT2H'`. No years or months. */
export const durationType: EdmType = {
  fromWire: checkDuration,
  check: checkDuration,
  toWire: (value) => value,
  toLiteral: (value) => `duration'${value}'`,
};

/** A day that the calendar has. */
export function checkDate(value: unknown): string {
  const found = typeof value === "string" ? datePattern.exec(value) : undefined;
  if (!found) return refuse('must be a date such as "2026-11-26"');
  const [text, year, month, day] = found;
  // Day 0 of the next month is the last one of this month.
  const inMonth = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  const isDay = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= inMonth;
  return isDay ? text : refuse("must be a date that the calendar has");
}

/** `HH:MM:SS` with as many decimal places as were given. */
export function checkClock(value: unknown): string {
  const found = typeof value === "string" ? clockPattern.exec(value) : undefined;
  const [, hours = "", minutes = "", seconds = "00", fraction] = found ?? [];
  if (!found || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    return refuse('must be a time such as "09:30:00"');
  }
  return `${hours}:${minutes}:${seconds}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** Date and time without a zone; a date alone is its midnight. */
export function checkLocalTime(value: unknown): string {
  const expected = 'must be a date and time without a zone, such as "2026-11-26T09:30:00"';
  if (typeof value !== "string") return refuse(expected);
  const [date, clock, ...rest] = value.split("T");
  if (rest.length > 0) return refuse(expected);
  if (clock !== undefined && zonePattern.test(clock)) return refuse(expected);
  return `${checkDate(date)}T${clock === undefined ? "00:00:00" : checkClock(clock)}`;
}

/** Date and time with a zone. */
export function checkInstant(value: unknown): string {
  const [, local, zone = ""] = (typeof value === "string" ? zonePattern.exec(value) : undefined) ?? [];
  const [, hours = "00", minutes = "00"] = /(\d{2}):(\d{2})$/.exec(zone) ?? [];
  if (local === undefined || !local.includes("T") || Number(hours) > 14 || Number(minutes) > 59) {
    return refuse('must be a date and time with its zone, such as "2026-11-26T09:30:00Z"');
  }
  return `${checkLocalTime(local)}${zone}`;
}

/** Decimal places of the seconds beyond the precision are refused, unless they are zeros. */
export function checkFraction(text: string, { precision }: ODataFacets): string {
  const places = /\.(\d*?)0*(?:Z|[+-]|$)/.exec(text)?.[1]?.length ?? 0;
  if (precision === undefined || places <= precision) return text;
  return refuse(`must have at most ${precision} decimal places of a second`);
}

function checkDuration(value: unknown): string {
  const pattern = /^[+-]?P(?=\d|T)(?:\d{1,12}D)?(?:T(?=\d)(?:\d{1,12}H)?(?:\d{1,12}M)?(?:\d{1,12}(?:\.\d{1,12})?S)?)?$/;
  if (typeof value !== "string" || !pattern.test(value)) return refuse('must be a duration such as "P1DT2H30M"');
  return value;
}
