import { ConnectorError } from "@isthmus/core";
import type { ChangesConfiguration } from "../options/entity-options.js";

/** A time as the API's parameter takes it. Rounded down: asking too early repeats a record, asking too late loses one. */
export function writeTime(ms: number, format: ChangesConfiguration["format"]): string {
  switch (format) {
    case "iso":
      return new Date(ms).toISOString();
    case "iso_seconds":
      return `${new Date(ms).toISOString().slice(0, 19)}Z`;
    case "epoch_seconds":
      return String(Math.floor(ms / 1000));
    case "epoch_ms":
      return String(Math.floor(ms));
  }
}

/**
 * A time as a record states it, in epoch milliseconds, rounded down; `undefined` for a record that states none.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for anything that is no time of the configured format.
 */
export function readTime(value: unknown, { field, format, fieldFormat }: ChangesConfiguration): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const kind = fieldFormat ?? (format === "iso_seconds" ? "iso" : format);
  const ms = kind === "iso" ? parseIso(value) : parseEpoch(value, kind === "epoch_seconds" ? 1000 : 1);
  if (ms !== undefined && Math.abs(ms) <= 8.64e15) return Math.floor(ms);
  throw new ConnectorError("UNEXPECTED_RESPONSE", `A record's "${field}" is no time of the format ${kind}.`);
}

/** ISO 8601 with a date at least. A time without a zone is UTC; `Date.parse` would take the machine's. */
function parseIso(value: unknown): number | undefined {
  if (
    typeof value !== "string" ||
    !/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/i.test(value)
  )
    return undefined;
  const text = value
    .replace(" ", "T")
    .replace(",", ".")
    .replace(/([+-]\d\d)(\d\d)?$/, (zone, hours, minutes, at) => (at > 10 ? `${hours}:${minutes ?? "00"}` : zone));
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/i.test(text);
  const ms = Date.parse(text.length === 10 || hasZone ? text : `${text}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function parseEpoch(value: unknown, unitMs: number): number | undefined {
  const number = typeof value === "string" && /^-?\d{1,17}(?:\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number * unitMs : undefined;
}
