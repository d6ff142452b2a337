import type { EdmType, EdmValue } from "./edm-type.js";
import { checkClock, checkFraction, checkInstant, checkLocalTime } from "./times.js";
import { refuse } from "./unfit-value.js";

/**
 * v2 `Edm.DateTime`, which has no zone: ISO without one, `2026-11-26T09:00:00`, and `/Date(1795683600000)/` on the wire, which
 * counts milliseconds as if the time were UTC. A date alone is taken as its midnight, which is what SAP means by
 * `sap:display-format="Date"`.
 * @see https://www.odata.org/documentation/odata-version-2-0/json-format/
 */
export const dateTimeType: EdmType = {
  fromWire: (wire) => {
    const ticks = readTicks(wire);
    if (ticks) return toLocalTime(ticks.milliseconds);
    // Not in the standard: v3 writes it so, and so do services of v2 that were configured to.
    return checkLocalTime(typeof wire === "string" ? wire.replace(/Z$/, "") : wire);
  },
  check: (value, facets) => checkMilliseconds(checkFraction(checkLocalTime(value), facets)),
  toWire: (value) => `/Date(${toMilliseconds(`${value}Z`)})/`,
  toLiteral: (value) => `datetime'${value}'`,
};

/**
 * v2 `Edm.DateTimeOffset`: ISO with a zone, and `/Date(1795683600000+0060)/` on the wire: milliseconds of the local time and
 * minutes that it is ahead of UTC. So Apache Olingo and SAP's Cloud SDK for Java read it (`millis -= offset`); we write
 * `+0000` only, which no reading makes ambiguous.
 * @see https://github.com/apache/olingo-odata2 (EdmDateTimeOffset)
 */
export const dateTimeOffsetTypeV2: EdmType = {
  fromWire: (wire) => {
    const ticks = readTicks(wire);
    if (!ticks) return checkInstant(wire);
    return `${toLocalTime(ticks.milliseconds)}${toZone(ticks.offsetMinutes)}`;
  },
  check: (value, facets) => checkMilliseconds(checkFraction(checkInstant(value), facets)),
  toWire: (value) => `/Date(${toMilliseconds(value)}+0000)/`,
  toLiteral: (value) => `datetimeoffset'${value}'`,
};

/**
 * v2 `Edm.Time`, a time of day: `09:30:00`, and `PT09H30M00S` on the wire.
 * @see https://www.odata.org/documentation/odata-version-2-0/overview/ (AbstractTypeSystem)
 */
export const timeType: EdmType = {
  fromWire: (wire) => {
    const found = /^PT(?:(\d{1,2})H)?(?:(\d{1,2})M)?(?:(\d{1,2})(\.\d{1,12})?S)?$/.exec(
      typeof wire === "string" ? wire : "",
    );
    if (!found) return checkClock(wire);
    const [, hours = "", minutes = "", seconds = "", fraction = ""] = found;
    return checkEndOfDay([hours, minutes, seconds].map((part) => part.padStart(2, "0")).join(":") + fraction);
  },
  check: (value, facets) => checkFraction(checkEndOfDay(value), facets),
  toWire: toDayTime,
  toLiteral: (value) => `time'${toDayTime(value)}'`,
};

/** ABAP's type T knows the end of the day as 24:00:00. */
function checkEndOfDay(value: unknown): string {
  return value === "24:00:00" ? value : checkClock(value);
}

function toDayTime(value: EdmValue): string {
  const [hours, minutes, seconds] = String(value).split(":");
  return `PT${hours}H${minutes}M${seconds}S`;
}

function readTicks(wire: unknown): { readonly milliseconds: number; readonly offsetMinutes: number } | undefined {
  const found = /^\/Date\((-?\d{1,15})(?:([+-])(\d{1,4}))?\)\/$/.exec(typeof wire === "string" ? wire : "");
  if (!found) return undefined;
  const [, milliseconds, sign, minutes = "0"] = found;
  return { milliseconds: Number(milliseconds), offsetMinutes: (sign === "-" ? -1 : 1) * Number(minutes) };
}

function toLocalTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  const text = Number.isNaN(time.getTime()) ? "" : time.toISOString();
  // Years before 0 and after 9999 have a sign and six digits there.
  if (text.length !== 24) return refuse("is a time outside of the years 0 to 9999");
  return text.slice(0, text.endsWith(".000Z") ? -5 : -1);
}

function toZone(offsetMinutes: number): string {
  if (offsetMinutes === 0) return "Z";
  const minutes = Math.abs(offsetMinutes);
  if (minutes > 14 * 60) return refuse("has a zone more than 14 hours away from UTC");
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0"));
  return `${offsetMinutes < 0 ? "-" : "+"}${hours}:${rest}`;
}

/** The wire counts milliseconds: what is finer would be lost. */
function checkMilliseconds(text: string): string {
  return /\.\d{3}0*[1-9]/.test(text) ? refuse("must have at most 3 decimal places of a second") : text;
}

function toMilliseconds(value: EdmValue): number {
  return Date.parse(String(value).replace(/(\.\d{3})\d+/, "$1"));
}
