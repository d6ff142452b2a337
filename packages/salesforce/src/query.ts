import { ConnectorError, ValidationError } from "@isthmus/core";
import type { QueryPage, QueryResult, SalesforceRecord } from "./records.js";

/** How a query runs. */
export interface QueryOptions {
  /** Ends the query when aborted, between and within pages. */
  readonly signal?: AbortSignal;
  /** Records a page, 200 to 2,000. Default: Salesforce's, 2,000. A wish: wide records come in smaller pages. */
  readonly batchSize?: number;
  /** Whether deleted and archived records are found too. Default false. */
  readonly includeDeleted?: boolean;
  /**
   * Salesforce sends long lists of child records (of subqueries) in pages of their own. Default `all`: each list is read to
   * its end before its record is handed out. `first_page` leaves it as it came, for `children()`.
   */
  readonly childRecords?: "all" | "first_page";
  /** Child records that a list may have when it is read to its end, beyond which the query fails. Default 10,000. */
  readonly maxChildRecords?: number;
}

/** Reads a page: the first by the query's text, a further one by where the page before says it is. */
export type ReadPage = (
  position: { readonly soql: string } | { readonly nextRecordsUrl: string },
) => Promise<QueryPage>;

/** @throws {ValidationError} for text with half a surrogate pair, which has no place in an address. */
export function assertSoql(soql: string): void {
  if (soql.isWellFormed()) return;
  throw new ValidationError("The query is not well-formed Unicode.", [{ path: "soql", message: "must be text" }]);
}

/** The records of all pages; a page is read when the one before is used up. */
export async function* iterateRecords(readPage: ReadPage, soql: string): AsyncGenerator<SalesforceRecord, void> {
  for await (const page of iteratePages(readPage, soql)) yield* page.records;
}

/**
 * All records in one array.
 *
 * @throws {ConnectorError} `RESPONSE_TOO_LARGE` when there are more than `maxRecords`; never a shortened result.
 */
export async function collectRecords(readPage: ReadPage, soql: string, maxRecords = 50_000): Promise<QueryResult> {
  const records: SalesforceRecord[] = [];
  let totalSize = 0;
  for await (const page of iteratePages(readPage, soql)) {
    totalSize = page.totalSize;
    const read = records.length + page.records.length;
    // The last page says it all: a COUNT() has a total without records.
    const expected = page.done ? read : Math.max(read, totalSize);
    if (expected > maxRecords) throw tooMany(expected, maxRecords);
    for (const record of page.records) records.push(record);
  }
  return { records, totalSize };
}

async function* iteratePages(readPage: ReadPage, soql: string): AsyncGenerator<QueryPage, void> {
  yield* followPages(readPage, await readPage({ soql }));
}

/** A page and all that follow it. */
export async function* followPages(readPage: ReadPage, first: QueryPage): AsyncGenerator<QueryPage, void> {
  const followed = new Set<string>();
  let page = first;
  yield page;
  while (!page.done && page.nextRecordsUrl !== undefined) {
    const { nextRecordsUrl } = page;
    if (followed.has(nextRecordsUrl)) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's pages lead back to one that was read already.");
    }
    followed.add(nextRecordsUrl);
    page = await readPage({ nextRecordsUrl });
    yield page;
  }
}

function tooMany(found: number, maxRecords: number): ConnectorError {
  return new ConnectorError(
    "RESPONSE_TOO_LARGE",
    `The query found ${found} records, more than the ${maxRecords} that are collected at once. Read it as a stream, or narrow it.`,
  );
}
