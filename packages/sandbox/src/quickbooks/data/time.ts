/** The sandbox's companies live at the Pacific offset all year, so that a record looks the same in every month. */
const offsetMinutes = -8 * 60;
const offsetText = "-08:00";

/** A time as records carry it, such as `2026-11-26T00:36:11-08:00`. */
export function toRecordTime(milliseconds: number): string {
  return `${shifted(milliseconds).slice(0, 19)}${offsetText}`;
}

/** A time as envelopes carry it, with milliseconds. */
export function toEnvelopeTime(milliseconds: number): string {
  return `${shifted(milliseconds).slice(0, 23)}${offsetText}`;
}

/** The company's calendar day, such as `2026-11-26`. */
export function toCompanyDate(milliseconds: number): string {
  return shifted(milliseconds).slice(0, 10);
}

/**
 * Reads a date or a date and time; without an offset it is meant at the company's.
 *
 * @returns milliseconds since 1970, or `undefined` when it is neither.
 */
export function readTime(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [, day, time = "00:00:00", zone = offsetText] = match;
  const offset = zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const milliseconds = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function shifted(milliseconds: number): string {
  return new Date(milliseconds + offsetMinutes * 60_000).toISOString();
}
