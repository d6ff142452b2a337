import { describe, expect, it } from "vitest";
import { resolveDateLiteral } from "./date-literals.js";

const now = Date.parse("2028-02-29T23:30:00Z");

function spanOf(literal: string): string {
  const range = resolveDateLiteral(literal, now);
  if (range === undefined) return "unknown";
  const [start, end] = [range.start, range.end].map((instant) => new Date(instant).toISOString().slice(0, 16));
  return `${start} ${end}`;
}

describe("resolveDateLiteral on Tuesday 29 February 2028", () => {
  it.each([
    ["TODAY", "2028-02-29T00:00 2028-03-01T00:00"],
    ["yesterday", "2028-02-28T00:00 2028-02-29T00:00"],
    ["TOMORROW", "2028-03-01T00:00 2028-03-02T00:00"],
    ["THIS_WEEK", "2028-02-27T00:00 2028-03-05T00:00"],
    ["LAST_WEEK", "2028-02-20T00:00 2028-02-27T00:00"],
    ["NEXT_WEEK", "2028-03-05T00:00 2028-03-12T00:00"],
    ["THIS_MONTH", "2028-02-01T00:00 2028-03-01T00:00"],
    ["LAST_MONTH", "2028-01-01T00:00 2028-02-01T00:00"],
    ["NEXT_MONTH", "2028-03-01T00:00 2028-04-01T00:00"],
    ["THIS_QUARTER", "2028-01-01T00:00 2028-04-01T00:00"],
    ["LAST_QUARTER", "2027-10-01T00:00 2028-01-01T00:00"],
    ["NEXT_FISCAL_QUARTER", "2028-04-01T00:00 2028-07-01T00:00"],
    ["THIS_YEAR", "2028-01-01T00:00 2029-01-01T00:00"],
    ["LAST_FISCAL_YEAR", "2027-01-01T00:00 2028-01-01T00:00"],
    ["NEXT_YEAR", "2029-01-01T00:00 2030-01-01T00:00"],
    ["LAST_90_DAYS", "2027-12-01T00:00 2028-03-01T00:00"],
    ["NEXT_90_DAYS", "2028-03-01T00:00 2028-05-30T00:00"],
    ["LAST_N_DAYS:3", "2028-02-26T00:00 2028-03-01T00:00"],
    ["NEXT_N_DAYS:3", "2028-03-01T00:00 2028-03-04T00:00"],
    ["N_DAYS_AGO:3", "2028-02-26T00:00 2028-02-27T00:00"],
    ["LAST_N_WEEKS:2", "2028-02-13T00:00 2028-02-27T00:00"],
    ["LAST_N_MONTHS:2", "2027-12-01T00:00 2028-02-01T00:00"],
    ["NEXT_N_MONTHS:2", "2028-03-01T00:00 2028-05-01T00:00"],
    ["N_MONTHS_AGO:2", "2027-12-01T00:00 2028-01-01T00:00"],
    ["LAST_N_QUARTERS:1", "2027-10-01T00:00 2028-01-01T00:00"],
    ["NEXT_N_YEARS:2", "2029-01-01T00:00 2031-01-01T00:00"],
    ["N_FISCAL_YEARS_AGO:1", "2027-01-01T00:00 2028-01-01T00:00"],
    ["NEXT_CENTURY", "unknown"],
    ["LAST_N_DAYS:x", "unknown"],
  ])("%s", (literal, expected) => {
    expect(spanOf(literal)).toBe(expected);
  });
});
