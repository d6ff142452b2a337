import type { SalesforceApi } from "./api.js";
import { assertSoql, collectRecords, iterateRecords, type QueryOptions } from "./query.js";
import { assertNextRecordsUrl, type QueryPage, type QueryResult, readPage, type SalesforceRecord } from "./records.js";

/** Queries by the REST API. What each call promises stands at the connector's methods of like names. */
export class QueryCalls {
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
  }

  /** The records of all pages, read as they are asked for. */
  records(soql: string, options: QueryOptions): AsyncIterable<SalesforceRecord> {
    return iterateRecords((position) => this.page(position, options), soql);
  }

  /** The records of all pages in memory, at most `maxRecords`. */
  all(soql: string, options: QueryOptions & { readonly maxRecords?: number }): Promise<QueryResult> {
    return collectRecords((position) => this.page(position, options), soql, options.maxRecords);
  }

  /** One page. */
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
}
