import { ConnectorError, isConnectorError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { collectRecords, type QueryOptions, type ReadPage } from "../query.js";
import type { QueryPage, SalesforceRecord } from "../records.js";
import type { ChangeFeed, ChangeRow, RowPage, RowState } from "./change-feed.js";
import { buildChangeQuery, buildRecordsQuery, buildStateQuery } from "./change-query.js";
import { readDeletionLog } from "./deletion-log.js";
import type { FollowedObject } from "./followed-object.js";
import { readTimestamp } from "./timestamps.js";

/** One page of a query. */
export type QueryPageCall = (
  position: { readonly soql: string } | { readonly nextRecordsUrl: string },
  options: QueryOptions,
) => Promise<QueryPage>;

/** How an object is asked. */
export interface FeedParts {
  readonly api: SalesforceApi;
  readonly queryPage: QueryPageCall;
  readonly followed: FollowedObject;
  /** Records a page. Default: Salesforce's. */
  readonly batchSize?: number | undefined;
}

/** An object of an organisation, by its REST API. */
export class SalesforceFeed implements ChangeFeed {
  readonly #parts: FeedParts;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  get tellsDeletions(): boolean {
    const { marksDeleted, logsDeletions } = this.#parts.followed;
    return marksDeleted || logsDeletions;
  }

  async now(signal: AbortSignal): Promise<number> {
    // Its seconds are whole: the end of this one, so that what was written a moment ago is read.
    return (await readServerTime(this.#parts.api, signal)) + 1_000;
  }

  async rows(range: Parameters<ChangeFeed["rows"]>[0], signal: AbortSignal): Promise<RowPage> {
    const { soql, limit } = buildChangeQuery(this.#parts.followed, range);
    const page = await this.#query({ soql }, signal);
    return limit === undefined ? page : { rows: page.rows, done: page.rows.length < limit && page.done };
  }

  async more(next: string, signal: AbortSignal): Promise<RowPage | undefined> {
    try {
      return await this.#query({ nextRecordsUrl: next }, signal);
    } catch (error) {
      if (isConnectorError(error) && error.vendor?.code === "INVALID_QUERY_LOCATOR") return undefined;
      throw error;
    }
  }

  async deletions(fromMs: number, untilMs: number, signal: AbortSignal) {
    const { api, followed } = this.#parts;
    if (!followed.logsDeletions) return undefined;
    return readDeletionLog(api, followed.name, fromMs, untilMs, signal);
  }

  async states(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, RowState>> {
    const rows = await this.#all(buildStateQuery(this.#parts.followed, ids), signal);
    return new Map(rows.map(({ id, deleted, stampMs }) => [id, { deleted, stampMs }]));
  }

  /** Whole records by their ids, the deleted ones too. At most 200. */
  async records(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ChangeRow>> {
    const rows = await this.#all(buildRecordsQuery(this.#parts.followed, ids), signal);
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #all(soql: string, signal: AbortSignal): Promise<readonly ChangeRow[]> {
    const readPage: ReadPage = (position) => this.#page(position, signal);
    const { records } = await collectRecords(readPage, soql);
    return records.map((record) => this.#toRow(record));
  }

  #page(position: Parameters<QueryPageCall>[0], signal: AbortSignal): Promise<QueryPage> {
    const { queryPage, batchSize } = this.#parts;
    return queryPage(position, { signal, includeDeleted: true, ...(batchSize !== undefined && { batchSize }) });
  }

  async #query(position: Parameters<QueryPageCall>[0], signal: AbortSignal): Promise<RowPage> {
    const { records, done, nextRecordsUrl } = await this.#page(position, signal);
    const rows = records.map((record) => this.#toRow(record));
    return { rows, done, ...(nextRecordsUrl !== undefined && { next: nextRecordsUrl }) };
  }

  #toRow(record: SalesforceRecord): ChangeRow {
    const { stampField, leftOut } = this.#parts.followed;
    const { Id: id, IsDeleted: deleted, MasterRecordId: mergedInto } = record;
    if (typeof id !== "string") throw new ConnectorError("UNEXPECTED_RESPONSE", "A record of Salesforce's has no Id.");
    return {
      id,
      stampMs: readTimestamp(record[stampField], stampField),
      deleted: deleted === true,
      ...(typeof mergedInto === "string" && { mergedInto }),
      record: withoutFields(record, leftOut),
    };
  }
}

/**
 * Epoch milliseconds at Salesforce, from the `Date` header of an answer that counts against no limit.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` without one.
 */
export async function readServerTime(api: SalesforceApi, signal: AbortSignal): Promise<number> {
  const { headers } = await api.send({ name: "changes.time", method: "GET", path: "/services/data", signal });
  return readDateHeader(headers.date);
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` unless it is the value of a `Date` header. */
export function readDateHeader(value: string | readonly string[] | undefined): number {
  const milliseconds = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(milliseconds)) return milliseconds;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's answer does not say what time it is there.");
}

/** Only `FIELDS(ALL)` gives what was not asked for. */
function withoutFields(record: SalesforceRecord, leftOut: ReadonlySet<string>): SalesforceRecord {
  if (!Object.keys(record).some((name) => leftOut.has(name))) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => !leftOut.has(name)));
}
