import type { ResponseHeaders } from "./types.js";

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date.
 *
 * @param header - As it stands in the response; of several the first counts.
 * @param nowMs - Milliseconds since the epoch, to judge a date by.
 * @returns Milliseconds to wait, 0 for a date in the past; `undefined` when the header is missing or makes no sense.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(header: ResponseHeaders[string], nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  // Every form of an HTTP date begins with the day of the week; `Date.parse` alone would take "-5" for a year.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  // The asctime form has no zone and is UTC too.
  const date = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
