import type { SalesforceApi } from "./api.js";
import { assertSobjectName } from "./names.js";
import { assertSoql, collectRecords, iterateRecords, type QueryOptions, type ReadPage } from "./query.js";
import { completeChildren, hasSubquery, iterateChildren } from "./query-children.js";
import { assertNextRecordsUrl, type QueryPage, type QueryResult, readPage, type SalesforceRecord } from "./records.js";

/** Queries by the REST API. What each call promises stands at the connector's methods of like names. */
export class QueryCalls {
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
  }

  /** The records of all pages, read as they are asked for. */
  records(soql: string, options: QueryOptions): AsyncIterable<SalesforceRecord> {
    return iterateRecords(this.#reader(soql, options), soql);
  }

  /** The records of all pages in memory, at most `maxRecords`. */
  all(soql: string, options: QueryOptions & { readonly maxRecords?: number }): Promise<QueryResult> {
    return collectRecords(this.#reader(soql, options), soql, options.maxRecords);
  }

  /** The child records of one list, read as they are asked for. */
  children(record: SalesforceRecord, relationship: string, options: QueryOptions): AsyncIterable<SalesforceRecord> {
    return iterateChildren(record, relationship, (position) => this.page(position, options));
  }

  /** How many records fit. */
  async count(sobject: string, where: string | undefined, options: QueryOptions): Promise<number> {
    assertSobjectName(sobject);
    const condition = where === undefined ? "" : ` WHERE ${where}`;
    return (await this.page({ soql: `SELECT COUNT() FROM ${sobject}${condition}` }, options)).totalSize;
  }

  /** One page, as Salesforce sent it. */
  async page(
    position: { readonly soql: string } | { readonly nextRecordsUrl: string },
    options: QueryOptions,
  ): Promise<QueryPage> {
    const { signal, batchSize, includeDeleted } = options;
    if ("soql" in position) assertSoql(position.soql);
    else assertNextRecordsUrl(position.nextRecordsUrl);
    const resource = includeDeleted ? "queryAll" : "query";
    const path =
      "soql" in position
        ? `${this.#api.dataPath}/${resource}?q=${encodeURIComponent(position.soql)}`
        : position.nextRecordsUrl;
    return readPage(
      await this.#api.send({
        name: "query",
        method: "GET",
        path,
        ...(signal && { signal }),
        ...(batchSize !== undefined && { headers: { "sforce-query-options": `batchSize=${batchSize}` } }),
      }),
    );
  }

  #reader(soql: string, options: QueryOptions): ReadPage {
    const { childRecords = "all", maxChildRecords = 10_000 } = options;
    const read: ReadPage = (position) => this.page(position, options);
    if (childRecords === "first_page" || !hasSubquery(soql)) return read;
    return async (position) => completeChildren(await read(position), read, maxChildRecords);
  }
}
