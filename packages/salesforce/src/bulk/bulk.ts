import type { BinaryContent, RunProgress } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "../api.js";
import { BulkIngest, type IngestOutcome } from "./bulk-ingest.js";
import { BulkQuery, type BulkQueryRequest } from "./bulk-query.js";
import type { BulkInput } from "./csv-blocks.js";
import { cancelAfter, type FollowOptions, follow } from "./follow.js";
import { type FailedRow, IngestResults, type SuccessfulRow, type UnprocessedRow } from "./ingest-results.js";
import type { IngestState } from "./ingest-state.js";
import type { IngestRequest } from "./ingest-upload.js";
import { type ItemSource, PullIterator } from "./pull-iterator.js";
import type { PageOptions } from "./query-pages.js";
import type { BulkRow } from "./query-rows.js";

/** How rows are loaded. */
export type IngestOptions = FollowOptions<IngestState> &
  Pick<IngestRequest, "columnDelimiter" | "columns" | "maxPartBytes" | "spoolFolder">;

/** How a query runs. */
export interface BulkQueryOptions extends PageOptions, Pick<BulkQueryRequest, "includeDeleted"> {
  /** Ends the query when aborted, and its job where it is not through yet. */
  readonly signal?: AbortSignal;
  /** Told while the job runs. */
  readonly onProgress?: (progress: RunProgress) => void;
}

/** What became of a load, and of each of its rows. */
export interface IngestResult extends IngestOutcome {
  /** The rows that were written. Salesforce keeps them for seven days, and may give them in another order. */
  successfulRows(options?: CallOptions): AsyncIterableIterator<SuccessfulRow, void>;
  /** The rows that were refused. */
  failedRows(options?: CallOptions): AsyncIterableIterator<FailedRow, void>;
  /** The rows that jobs did not come to. */
  unprocessedRows(options?: CallOptions): AsyncIterableIterator<UnprocessedRow, void>;
}

/**
 * Bulk API 2.0: any number of rows, in jobs that Salesforce works through by itself. Spoken directly on the transport; no
 * more is held in memory than a piece of a file or of an answer.
 */
export class Bulk {
  /** Loads in steps, for callers who store the state themselves. */
  readonly ingest: BulkIngest;
  /** Queries in steps. */
  readonly queries: BulkQuery;
  readonly #api: SalesforceApi;
  readonly #results: IngestResults;

  constructor(api: SalesforceApi) {
    this.#api = api;
    this.ingest = new BulkIngest(api);
    this.queries = new BulkQuery(api);
    this.#results = new IngestResults(api, this.ingest.jobs);
  }

  /**
   * Creates a record of each row.
   *
   * @param rows - Records, or CSV as bytes: an array, a generator, a file's stream. Read once.
   * @returns Also when rows or whole jobs were refused: `ok` says whether everything was done.
   * @throws {ValidationError} when a row cannot be written. Nothing was done then.
   */
  insert(sobject: string, rows: BulkInput, options: IngestOptions = {}): Promise<IngestResult> {
    return this.#load({ sobject, operation: "insert", ...options }, rows, options);
  }

  /** Changes the records that the rows name by `Id`. */
  update(sobject: string, rows: BulkInput, options: IngestOptions = {}): Promise<IngestResult> {
    return this.#load({ sobject, operation: "update", ...options }, rows, options);
  }

  /** Updates the records with the rows' external ids, and creates those that there are none of. */
  upsert(
    sobject: string,
    externalIdField: string,
    rows: BulkInput,
    options: IngestOptions = {},
  ): Promise<IngestResult> {
    return this.#load({ sobject, operation: "upsert", externalIdField, ...options }, rows, options);
  }

  /** Moves the records that the rows name by `Id`, their only column, to the recycle bin. */
  delete(sobject: string, rows: BulkInput, options: IngestOptions = {}): Promise<IngestResult> {
    return this.#load({ sobject, operation: "delete", ...options }, rows, options);
  }

  /** Deletes for good. The user needs the permission "Bulk API Hard Delete". */
  hardDelete(sobject: string, rows: BulkInput, options: IngestOptions = {}): Promise<IngestResult> {
    return this.#load({ sobject, operation: "hardDelete", ...options }, rows, options);
  }

  /**
   * Goes on with a load whose state was stored (`onState`), in this process or another.
   *
   * @throws {ConnectorError} `CONFLICT` when its upload was cut off: nothing was handed over, {@link cancel} it.
   */
  async resume(state: IngestState, options: FollowOptions<IngestState> = {}): Promise<IngestResult> {
    return this.#toResult(await follow(this.ingest, state, this.#api.clock, options));
  }

  /** Aborts what is left of a load. What is written stays. */
  cancel(state: IngestState, { signal = this.#api.signal }: CallOptions = {}): Promise<void> {
    return this.ingest.cancel(state, { signal });
  }

  /**
   * The rows of a query's result, in Salesforce's order: text, as CSV tells no types, and `null` where there is no value. The
   * job is made when the first row is asked for.
   *
   * A connection that is cut meanwhile is no failure: the page is asked for again, and goes on with the row that is next.
   */
  query(soql: string, options: BulkQueryOptions = {}): AsyncIterableIterator<BulkRow, void> {
    return new PullIterator(this.#querySources(soql, options));
  }

  /** The result of a query as one CSV text. */
  async queryCsv(soql: string, options: BulkQueryOptions = {}): Promise<BinaryContent> {
    const { jobId } = await this.#runQuery(soql, options);
    return this.queries.csv(jobId, options, options.signal ?? this.#api.signal);
  }

  /** The rows that an ingest job wrote. */
  successfulRows(jobId: string, { signal = this.#api.signal }: CallOptions = {}) {
    return this.#results.successful([jobId], signal);
  }

  /** The rows that an ingest job refused. */
  failedRows(jobId: string, { signal = this.#api.signal }: CallOptions = {}) {
    return this.#results.failed([jobId], signal);
  }

  /** The rows that an ingest job did not come to. */
  unprocessedRows(jobId: string, { signal = this.#api.signal }: CallOptions = {}) {
    return this.#results.unprocessed([jobId], signal);
  }

  async #load(request: IngestRequest, rows: BulkInput, options: IngestOptions): Promise<IngestResult> {
    const { signal = this.#api.signal, onState } = options;
    let reached: IngestState | undefined;
    const checkpoint = async (state: IngestState) => {
      reached = state;
      await onState?.(state);
    };
    let state: IngestState;
    try {
      state = await this.ingest.start(request, rows, { signal, checkpoint });
    } catch (error) {
      const cancelled = await cancelAfter(this.ingest, reached, error);
      throw signal.aborted ? cancelled : error;
    }
    return this.resume(state, options);
  }

  async *#querySources(soql: string, options: BulkQueryOptions): AsyncGenerator<ItemSource<BulkRow>, void> {
    const { jobId } = await this.#runQuery(soql, options);
    yield* this.queries.sources(jobId, options, options.signal ?? this.#api.signal);
  }

  async #runQuery(soql: string, options: BulkQueryOptions) {
    const { signal = this.#api.signal, includeDeleted = false, onProgress } = options;
    const checkpoint = async () => undefined;
    const state = await this.queries.start({ soql, includeDeleted }, { signal, checkpoint });
    return follow(this.queries, state, this.#api.clock, {
      ...(options.signal && { signal: options.signal }),
      ...(onProgress && { onProgress }),
    });
  }

  #toResult(outcome: IngestOutcome): IngestResult {
    const ids = outcome.jobs.map(({ id }) => id);
    const own = this.#api.signal;
    return {
      ...outcome,
      successfulRows: ({ signal = own } = {}) => this.#results.successful(ids, signal),
      failedRows: ({ signal = own } = {}) => this.#results.failed(ids, signal),
      unprocessedRows: ({ signal = own } = {}) => this.#results.unprocessed(ids, signal),
    };
  }
}
