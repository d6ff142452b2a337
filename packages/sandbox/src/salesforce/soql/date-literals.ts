/** A span of time: from `start` up to, but not including, `end`. Milliseconds. */
export interface TimeRange {
  start: number;
  end: number;
}

type Unit = "DAY" | "WEEK" | "MONTH" | "QUARTER" | "YEAR";

/**
 * The span that a SOQL date literal means, such as `TODAY`, `LAST_N_DAYS:3` or `NEXT_QUARTER`.
 *
 * Days begin at midnight UTC (the sandbox's users live in GMT), weeks on Sunday, the fiscal year in January.
 *
 * @returns `undefined` for an unknown literal.
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
 */
export function resolveDateLiteral(literal: string, now: number): TimeRange | undefined {
  const [name = "", count] = literal.toUpperCase().replace("_FISCAL", "").split(":");
  if (count !== undefined && /^\d+$/.test(count)) return resolveCounted(name, Number(count), now);
  switch (name) {
    case "YESTERDAY":
      return unitRange("DAY", -1, 1, now);
    case "TODAY":
      return unitRange("DAY", 0, 1, now);
    case "TOMORROW":
      return unitRange("DAY", 1, 1, now);
    case "LAST_90_DAYS":
      return unitRange("DAY", -90, 91, now);
    case "NEXT_90_DAYS":
      return unitRange("DAY", 1, 90, now);
  }
  const match = /^(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)$/.exec(name);
  const offset = { LAST: -1, THIS: 0, NEXT: 1 }[match?.[1] ?? ""];
  return match === null || offset === undefined || !isUnit(match[2]) ? undefined : unitRange(match[2], offset, 1, now);
}

function resolveCounted(name: string, count: number, now: number): TimeRange | undefined {
  const ago = /^N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO$/.exec(name);
  if (ago !== null && isUnit(ago[1])) return unitRange(ago[1], -count, 1, now);
  const match = /^(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR)S$/.exec(name);
  if (match === null || !isUnit(match[2])) return undefined;
  if (match[1] === "NEXT") return unitRange(match[2], 1, count, now);
  // The last n days reach through today; the last n weeks, months and so on end before the current one.
  return unitRange(match[2], -count, match[2] === "DAY" ? count + 1 : count, now);
}

function unitRange(unit: Unit, offset: number, length: number, now: number): TimeRange {
  return { start: unitStart(unit, offset, now), end: unitStart(unit, offset + length, now) };
}

function unitStart(unit: Unit, offset: number, now: number): number {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (unit) {
    case "DAY":
      return Date.UTC(year, month, day + offset);
    case "WEEK":
      return Date.UTC(year, month, day - date.getUTCDay() + offset * 7);
    case "MONTH":
      return Date.UTC(year, month + offset, 1);
    case "QUARTER":
      return Date.UTC(year, (Math.floor(month / 3) + offset) * 3, 1);
    case "YEAR":
      return Date.UTC(year + offset, 0, 1);
  }
}

function isUnit(text: string | undefined): text is Unit {
  return text === "DAY" || text === "WEEK" || text === "MONTH" || text === "QUARTER" || text === "YEAR";
}
