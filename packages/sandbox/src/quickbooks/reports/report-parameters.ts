import { readDecimal } from "../data/money.js";
import { toCompanyDate } from "../data/time.js";
import { invalidDate, invalidRequest } from "../errors.js";

/** What a report may be asked for; days are such as `2026-11-26`. */
export interface ReportParameters {
  /** Default: the first of January of the year of `end`. */
  start: string;
  /** Default today. */
  end: string;
  /** The day of an ageing report. Default today. */
  reportDate: string;
  basis: "Accrual" | "Cash";
  /** Days in one period of an ageing report. Default 30. */
  agingPeriod: number;
  /** Periods after `Current`; the last has no end. Default 4. */
  periods: number;
  /** Ids; empty: all. */
  customers: readonly string[];
  vendors: readonly string[];
  accounts: readonly string[];
}

/**
 * Reads the query of a report. Parameters that are not known are passed over, as QuickBooks does.
 *
 * @throws {QuickbooksFault} 2060 for a date that is none, 2010 for another value that cannot be.
 */
export function readParameters(query: Readonly<Record<string, unknown>>, now: number): ReportParameters {
  const text = (name: string): string | undefined => {
    const value = query[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const today = toCompanyDate(now);
  const end = readDay("end_date", text("end_date")) ?? today;
  const start = readDay("start_date", text("start_date")) ?? `${end.slice(0, 4)}-01-01`;
  if (start > end) throw invalidRequest("start_date is after end_date", "start_date");
  const list = (name: string): string[] => (text(name) ?? "").split(",").filter((id) => id !== "");
  return {
    start,
    end,
    reportDate: readDay("report_date", text("report_date")) ?? today,
    basis: readBasis(text("accounting_method")),
    agingPeriod: readCount("aging_period", text("aging_period"), 30, 366),
    periods: readCount("num_periods", text("num_periods"), 4, 12),
    customers: list("customer"),
    vendors: list("vendor"),
    accounts: list("account"),
  };
}

function readDay(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // A thirtieth of February parses, as a day in March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) throw invalidDate(name, text);
  return text;
}

function readBasis(text: string | undefined): "Accrual" | "Cash" {
  if (text === undefined || text === "Accrual" || text === "Cash") return text ?? "Accrual";
  throw invalidRequest("accounting_method must be Accrual or Cash", "accounting_method");
}

function readCount(name: string, text: string | undefined, usual: number, most: number): number {
  if (text === undefined) return usual;
  const count = readDecimal(text) === undefined ? Number.NaN : Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw invalidRequest(`${name} must be a whole number from 1 to ${most}`, name);
}
