import { BoundedMap } from "../../shared/bounded-map.js";
import { SalesforceError } from "../errors.js";
import { makeId } from "../ids.js";
import type { OutputValue } from "../schema/definitions.js";
import type { QueryResult } from "./run-query.js";

/** One page of a query's result, as it is sent. */
export interface QueryPage {
  totalSize: number;
  done: boolean;
  nextRecordsUrl?: string;
  records: Record<string, OutputValue>[];
}

interface Cursor {
  result: QueryResult;
  batchSize: number;
  userId: string;
}

/** Results that have further pages: the last 50, so that memory stays bounded. An older cursor is no longer valid. */
export class QueryCursors {
  readonly #cursors = new BoundedMap<string, Cursor>(50);
  /** Those of subqueries: one query may open one for each of its records. */
  readonly #childCursors = new BoundedMap<string, Cursor>(5_000);
  #sequence = 0;

  /** The first page; opens a cursor when there are more. */
  firstPage(result: QueryResult, batchSize: number, userId: string, version: number): QueryPage {
    if (result.records.length <= batchSize) return { totalSize: result.totalSize, done: true, records: result.records };
    this.#sequence += 1;
    const id = makeId("01g", this.#sequence);
    const cursor = { result, batchSize, userId };
    this.#cursors.set(id, cursor);
    return pageAt(id, cursor, 0, version);
  }

  /** The first page of a subquery's records, which come within their parent. */
  firstChildPage(
    records: Record<string, OutputValue>[],
    batchSize: number,
    userId: string,
    version: number,
  ): Record<string, OutputValue> {
    if (records.length <= batchSize) return { totalSize: records.length, done: true, records };
    this.#sequence += 1;
    const id = makeId("01g", this.#sequence);
    const cursor = { result: { totalSize: records.length, records }, batchSize, userId };
    this.#childCursors.set(id, cursor);
    return { ...pageAt(id, cursor, 0, version) };
  }

  /**
   * A further page.
   *
   * @param locator - The last part of `nextRecordsUrl`, such as `01g…AAA-2000`.
   * @throws {SalesforceError} INVALID_QUERY_LOCATOR when it is unknown, too old or another user's.
   */
  nextPage(locator: string, userId: string, version: number): QueryPage {
    const [id = "", offset = ""] = locator.split("-");
    const cursor = this.#cursors.get(id) ?? this.#childCursors.get(id);
    const from = Number(offset);
    if (
      cursor === undefined ||
      cursor.userId !== userId ||
      !/^\d+$/.test(offset) ||
      from > cursor.result.records.length
    ) {
      throw new SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    }
    return pageAt(id, cursor, from, version);
  }

  clear(): void {
    this.#cursors.clear();
    this.#childCursors.clear();
  }
}

function pageAt(id: string, cursor: Cursor, from: number, version: number): QueryPage {
  const { result, batchSize } = cursor;
  const to = from + batchSize;
  const records = result.records.slice(from, to);
  if (to >= result.records.length) return { totalSize: result.totalSize, done: true, records };
  const nextRecordsUrl = `/services/data/v${version}.0/query/${id}-${to}`;
  return { totalSize: result.totalSize, done: false, nextRecordsUrl, records };
}
