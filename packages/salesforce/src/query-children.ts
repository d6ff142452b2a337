import { ConnectorError, ValidationError } from "@isthmus/core";
import { followPages, type ReadPage } from "./query.js";
import { isPage, type QueryPage, type SalesforceRecord } from "./records.js";

/** Whether a query may bring lists of child records along. A semi-join looks the same, which costs a look at the fields. */
export function hasSubquery(soql: string): boolean {
  return /\(\s*SELECT\b/i.test(soql);
}

/**
 * The page with every list of child records read to its end, at every level.
 *
 * @throws {ConnectorError} `RESPONSE_TOO_LARGE` for a list of more than `maxChildRecords`; never a shortened one.
 */
export async function completeChildren(
  page: QueryPage,
  readPage: ReadPage,
  maxChildRecords: number,
): Promise<QueryPage> {
  const records: SalesforceRecord[] = [];
  for (const record of page.records) records.push(await completeRecord(record, readPage, maxChildRecords));
  return { ...page, records };
}

/**
 * The records of a list of child records, one after the other, whether or not it came whole.
 *
 * @throws {ValidationError} when the record has no such list.
 */
export async function* iterateChildren(
  record: SalesforceRecord,
  relationship: string,
  readPage: ReadPage,
): AsyncGenerator<SalesforceRecord, void> {
  const list = record[relationship];
  if (list === null) return;
  if (!isChildList(list)) {
    throw new ValidationError(`The record has no list of child records named "${relationship}".`, [
      { path: "relationship", message: "must be a relationship that the query has a subquery for" },
    ]);
  }
  for await (const page of followPages(readPage, toChildPage(list))) yield* page.records;
}

async function completeRecord(
  record: SalesforceRecord,
  readPage: ReadPage,
  maxChildRecords: number,
): Promise<SalesforceRecord> {
  const lists = Object.entries(record).filter(([, value]) => isChildList(value));
  if (lists.length === 0) return record;
  const completed: Record<string, unknown> = {};
  for (const [relationship, list] of lists) {
    completed[relationship] = await completeList(toChildPage(list), relationship, readPage, maxChildRecords);
  }
  return { ...record, ...completed };
}

async function completeList(
  first: QueryPage,
  relationship: string,
  readPage: ReadPage,
  maxChildRecords: number,
): Promise<QueryPage> {
  const records: SalesforceRecord[] = [];
  for await (const page of followPages(readPage, first)) {
    const expected = page.done ? records.length + page.records.length : Math.max(first.totalSize, records.length + 1);
    if (expected > maxChildRecords) throw tooMany(relationship, maxChildRecords);
    for (const record of page.records) records.push(await completeRecord(record, readPage, maxChildRecords));
  }
  const { nextRecordsUrl: _followed, ...list } = first;
  return { ...list, done: true, records };
}

/** A compound field, such as an address, is an object too, and so is a parent. */
function isChildList(value: unknown): value is object {
  return typeof value === "object" && value !== null && "records" in value && "done" in value;
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no page, or leads to another host. */
function toChildPage(list: unknown): QueryPage {
  if (isPage(list)) return list;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce sent a list of child records that is none.");
}

function tooMany(relationship: string, maxChildRecords: number): ConnectorError {
  return new ConnectorError(
    "RESPONSE_TOO_LARGE",
    `A record has more than ${maxChildRecords} child records in ${relationship}. Raise maxChildRecords, query the child records by themselves, or take them one by one (childRecords "first_page" and children()).`,
  );
}
