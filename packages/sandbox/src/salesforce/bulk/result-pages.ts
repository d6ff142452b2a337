import { SalesforceError } from "../errors.js";
import type { QueryRows } from "./job.js";

/** The parameters of a call for results. */
export interface ResultQuery {
  locator?: string;
  maxRecords?: string;
}

/** Some rows of a result. */
export interface Page {
  from: number;
  /** Behind the last row. */
  to: number;
  /** Rows a page; the last may be shorter. */
  size: number;
}

/** Pages that one answer of `resultPages` names. */
const pagesPerAnswer = 5;

/** Up to v48.0 a locator is a number; since then it is a string that means nothing to a client. */
const lastPlainVersion = 48;

/** The page that is asked for. @throws {SalesforceError} for a number that is none and a locator that was never given. */
export function findPage(query: ResultQuery, rows: QueryRows, defaultSize: number, version: number): Page {
  const size = query.maxRecords === undefined ? defaultSize : Number(query.maxRecords);
  if (!Number.isInteger(size) || size < 1) {
    throw new SalesforceError(400, "INVALID_QUERY_PARAM_VALUE", "maxRecords must be a positive number");
  }
  const from = query.locator === undefined ? 0 : readLocator(query.locator, version);
  if (query.locator === undefined || (Number.isInteger(from) && from > 0 && from < rows.count)) {
    return { from, to: Math.min(from + size, rows.count), size };
  }
  throw new SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
}

/** What the header `Sforce-Locator` says: where the next page begins, or the word `null`. */
export function nextLocator(page: Page, rows: QueryRows, version: number): string {
  return page.to < rows.count ? writeLocator(page.to, version) : "null";
}

/** The lines of a page; every page has the header. */
export function* pageLines(page: Page, rows: QueryRows): Generator<string> {
  yield rows.header;
  for (let index = page.from; index < page.to; index += 1) yield rows.line(index);
}

/** The next five pages, and where the list goes on. @param base - The path of the job. */
export function listPages(base: string, page: Page, rows: QueryRows, version: number): Record<string, unknown> {
  const query = (at: number): string =>
    `${at === 0 ? "" : `locator=${writeLocator(at, version)}&`}maxRecords=${page.size}`;
  const resultPages: { resultUrl: string }[] = [];
  let { from } = page;
  while (resultPages.length < pagesPerAnswer && (from < rows.count || from === 0)) {
    resultPages.push({ resultUrl: `${base}/results?${query(from)}` });
    from += page.size;
  }
  if (from >= rows.count) return { resultPages, done: true };
  return { resultPages, nextRecordsUrl: `${base}/resultPages?${query(from)}`, done: false };
}

function readLocator(locator: string, version: number): number {
  return Number(version <= lastPlainVersion ? locator : Buffer.from(locator, "base64url").toString("latin1"));
}

function writeLocator(from: number, version: number): string {
  return version <= lastPlainVersion ? String(from) : Buffer.from(String(from)).toString("base64url");
}
