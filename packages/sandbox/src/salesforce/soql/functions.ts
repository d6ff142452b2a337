import type { FunctionExp } from "@jetstreamapp/soql-parser-js";
import { parseDate, parseDateTime, toDate } from "../data/time.js";
import { malformedQuery } from "../errors.js";
import type { FieldType, OutputValue, Row } from "../schema/definitions.js";
import type { Comparand } from "./compare.js";
import { type QueryScope, resolvePath } from "./query-scope.js";

/** A value computed from a record by a function such as `CALENDAR_YEAR(CreatedDate)`. */
export interface FunctionValue {
  field: Comparand;
  read: (row: Row) => OutputValue;
}

const dateParts: Readonly<Record<string, (date: Date) => number | string>> = {
  CALENDAR_YEAR: (date) => date.getUTCFullYear(),
  FISCAL_YEAR: (date) => date.getUTCFullYear(),
  CALENDAR_QUARTER: (date) => Math.floor(date.getUTCMonth() / 3) + 1,
  FISCAL_QUARTER: (date) => Math.floor(date.getUTCMonth() / 3) + 1,
  CALENDAR_MONTH: (date) => date.getUTCMonth() + 1,
  FISCAL_MONTH: (date) => date.getUTCMonth() + 1,
  DAY_IN_MONTH: (date) => date.getUTCDate(),
  DAY_IN_WEEK: (date) => date.getUTCDay() + 1,
  DAY_IN_YEAR: (date) => dayInYear(date),
  WEEK_IN_YEAR: (date) => Math.ceil(dayInYear(date) / 7),
  WEEK_IN_MONTH: (date) => Math.ceil(date.getUTCDate() / 7),
  HOUR_IN_DAY: (date) => date.getUTCHours(),
  DAY_ONLY: (date) => toDate(date.getTime()),
};

/** Functions that change how a value is shown, not what it is; the sandbox has one language, currency and time zone. */
const transparent = new Set(["TOLABEL", "CONVERTCURRENCY", "CONVERTTIMEZONE"]);

/** @throws {SalesforceError} MALFORMED_QUERY for a function the sandbox does not know. */
export function resolveFunction(scope: QueryScope, fn: FunctionExp): FunctionValue {
  const name = (fn.functionName ?? "").toUpperCase();
  const [parameter] = fn.parameters ?? [];
  if (parameter === undefined) throw malformedQuery(`unexpected token: '${fn.rawValue ?? name}'`);
  const inner = typeof parameter === "string" ? resolvePath(scope, parameter) : resolveFunction(scope, parameter);
  if (transparent.has(name)) return inner;
  if (name === "FORMAT") return { field: { name, type: "string" }, read: (row) => textOf(inner.read(row)) };
  const part = dateParts[name];
  if (part === undefined) throw malformedQuery(`unexpected token: '${fn.rawValue ?? name}'`);
  const type: FieldType = name === "DAY_ONLY" ? "date" : "int";
  return {
    field: { name: fn.rawValue ?? name, type },
    read: (row) => {
      const value = inner.read(row);
      const instant = typeof value === "string" ? (parseDateTime(value) ?? parseDate(value)) : undefined;
      return instant === undefined ? null : part(new Date(instant));
    },
  };
}

function dayInYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

function textOf(value: OutputValue): string | null {
  if (value === null || typeof value === "object") return null;
  return typeof value === "number" ? value.toLocaleString("en-US") : String(value);
}
