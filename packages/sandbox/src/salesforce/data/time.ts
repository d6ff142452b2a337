/** Writes an instant as Salesforce does: `2026-01-31T12:00:00.000+0000`. */
export function toSalesforceDateTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "+0000");
}

/** Reads an ISO 8601 date-time, with `Z`, `+00:00` or `+0000`. @returns milliseconds, or `undefined` when it is none. */
export function parseDateTime(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})$/.exec(text);
  if (match === null || parseDate(match[1] ?? "") === undefined) return undefined;
  const zone = (match[3] ?? "Z").replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
  const milliseconds = Date.parse(`${match[1]}T${match[2]}${zone}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** Reads a calendar date, `2026-01-31`. @returns its first millisecond in UTC, or `undefined` for a day that does not exist. */
export function parseDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(milliseconds)) return undefined;
  return new Date(milliseconds).toISOString().startsWith(text) ? milliseconds : undefined;
}

/** Writes the calendar date of an instant, in UTC. */
export function toDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
