import { ConnectorError, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { Api } from "./api.js";

/** A record as a query gives it: the columns that were selected. */
export type QueryRecord = Readonly<Record<string, unknown>>;

/** One page of a query. */
export interface QueryPage {
  /** The records, in the order of the query. */
  readonly records: readonly QueryRecord[];
  /** Whether another page may follow. */
  readonly more: boolean;
}

/** How a query is read. */
export interface QueryOptions {
  /** Records of a page, 1 to 1,000. Default 1,000. */
  readonly pageSize?: number;
  /** Ends the query when aborted. */
  readonly signal?: AbortSignal;
}

const largestPage = 1_000;
const answerSchema = z.looseObject({
  QueryResponse: z.looseObject({ totalCount: z.number().optional() }),
});

/** Runs queries of the QuickBooks query language. */
export class QueryCalls {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /**
   * The records of a query, one after the other. The next page is asked for when the last one is used up. Without an order
   * of its own, a query is read in the order of Id, so that records made meanwhile come at its end.
   */
  async *records(query: string, { pageSize = largestPage, signal }: QueryOptions): AsyncIterable<QueryRecord> {
    for (let start = 1; ; start += pageSize) {
      const page = await this.page(query, start, pageSize, signal);
      yield* page.records;
      if (!page.more) return;
    }
  }

  /** @param start - 1 is the first record. */
  async page(query: string, start: number, size: number, signal: AbortSignal | undefined): Promise<QueryPage> {
    if (!Number.isInteger(size) || size < 1 || size > largestPage) {
      throw new ValidationError(`A page of a query has 1 to ${largestPage} records.`);
    }
    const text = `${withOrder(assertPageable(query))} STARTPOSITION ${start} MAXRESULTS ${size}`;
    const { QueryResponse } = await this.#run(text, signal);
    const records = readRecords(QueryResponse);
    return { records, more: records.length === size };
  }

  /** How many records a condition finds. */
  async count(entity: string, where: string | undefined, signal: AbortSignal | undefined): Promise<number> {
    const condition = where === undefined ? "" : ` where ${where}`;
    const { QueryResponse } = await this.#run(`select count(*) from ${entity}${condition}`, signal);
    if (QueryResponse.totalCount === undefined) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks answered a count without a number.");
    }
    return QueryResponse.totalCount;
  }

  async #run(query: string, signal: AbortSignal | undefined) {
    const common = { name: "query", ...(signal && { signal }) };
    // In the address as long as it fits: servers on the way cut long ones.
    const body =
      query.length <= longestInAddress
        ? await this.#api.read({ ...common, method: "GET", path: "/query", query: { query } })
        : await this.#api.read({
            ...common,
            method: "POST",
            path: "/query",
            headers: { "content-type": "application/text" },
            body: query,
          });
    const result = answerSchema.safeParse(body, { reportInput: false });
    if (result.success) return result.data;
    throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks' answer to a query holds no QueryResponse.");
  }
}

const longestInAddress = 3_000;

/** Where literals are left out, what is left is the query's own words. */
function wordsOf(query: string): string {
  return query.replace(/'(?:\\.|[^'\\])*'/g, "''");
}

/** @throws {ValidationError} for what is no select, or pages by itself. */
function assertPageable(query: string): string {
  const words = wordsOf(query);
  if (!/^\s*select\s/i.test(words)) throw new ValidationError("A query begins with select.");
  if (/^\s*select\s+count\s*\(/i.test(words)) throw new ValidationError("To count, use count: a query gives records.");
  if (/\b(?:startposition|maxresults)\b/i.test(words)) {
    throw new ValidationError("Leave STARTPOSITION and MAXRESULTS out of a query: it is read page by page.");
  }
  return query.trim();
}

function withOrder(query: string): string {
  return /\border\s*by\b/i.test(wordsOf(query)) ? query : `${query} ORDERBY Id`;
}

/** `QueryResponse` is empty where nothing was found; otherwise one of its keys is the entity. */
function readRecords(response: Readonly<Record<string, unknown>>): readonly QueryRecord[] {
  const list: readonly unknown[] = Object.values(response).find((value) => Array.isArray(value)) ?? [];
  // By hand: a schema would copy each of a thousand records.
  if (list.every(isRecord)) return list;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks' answer to a query holds something else than records.");
}

function isRecord(value: unknown): value is QueryRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
