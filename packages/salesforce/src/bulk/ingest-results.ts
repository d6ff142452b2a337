import { ConnectorError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import type { CsvRow } from "./csv-reader.js";
import { type BulkJobInfo, type BulkJobs, isEnded } from "./jobs.js";
import { PageBody } from "./page-body.js";
import { type ItemSource, PullIterator } from "./pull-iterator.js";
import { createRowReader, malformed, missing, readRows } from "./query-rows.js";
import { readRowError } from "./row-error.js";

/** Which rows of a job. */
export const resultKinds = ["successful", "failed", "unprocessed"] as const;

/** One of {@link resultKinds}. */
export type ResultKind = (typeof resultKinds)[number];

/** A row that was written. */
export interface SuccessfulRow {
  /** The row as it was uploaded: text under the names of its columns. */
  readonly row: CsvRow;
  readonly id: string;
  /** Whether the record is new. */
  readonly created: boolean;
}

/** A row that Salesforce refused. */
export interface FailedRow {
  readonly row: CsvRow;
  /** The record's id, where Salesforce knows one. */
  readonly id?: string;
  /** By the same table as the failure of a single call. */
  readonly error: ConnectorError;
}

/** A row that the job did not come to: it failed as a whole or was aborted. Nothing was done with it. */
export interface UnprocessedRow {
  readonly row: CsvRow;
}

/** The results of the rows of ingest jobs, each kind by itself, in the order of the jobs. */
export class IngestResults {
  readonly #api: SalesforceApi;
  readonly #jobs: BulkJobs;

  constructor(api: SalesforceApi, jobs: BulkJobs) {
    this.#api = api;
    this.#jobs = jobs;
  }

  successful(jobIds: readonly string[], signal: AbortSignal): AsyncIterableIterator<SuccessfulRow, void> {
    return this.#read(
      jobIds,
      "successfulResults",
      signal,
      successes,
      ({ sf__Id: id, sf__Created: created, ...row }) => {
        if (id === undefined || id === "" || (created !== "true" && created !== "false")) {
          throw malformed("it has no sf__Id or no sf__Created", 1);
        }
        return { row, id, created: created === "true" };
      },
    );
  }

  failed(jobIds: readonly string[], signal: AbortSignal): AsyncIterableIterator<FailedRow, void> {
    return this.#read(jobIds, "failedResults", signal, failures, ({ sf__Id: id, sf__Error: text, ...row }) => {
      if (text === undefined) throw malformed("it has no sf__Error", 1);
      const error = readRowError(this.#api, text, "the row");
      return { row, ...(id !== undefined && id !== "" && { id }), error };
    });
  }

  unprocessed(jobIds: readonly string[], signal: AbortSignal): AsyncIterableIterator<UnprocessedRow, void> {
    // Nothing counts them.
    return this.#read(
      jobIds,
      "unprocessedrecords",
      signal,
      () => undefined,
      (row) => ({ row }),
    );
  }

  #read<Result>(
    jobIds: readonly string[],
    step: string,
    signal: AbortSignal,
    countOf: (job: BulkJobInfo) => number | undefined,
    toResult: (row: CsvRow) => Result,
  ): AsyncIterableIterator<Result, void> {
    return new PullIterator(this.#sources(jobIds, step, signal, countOf, toResult));
  }

  async *#sources<Result>(
    jobIds: readonly string[],
    step: string,
    signal: AbortSignal,
    countOf: (job: BulkJobInfo) => number | undefined,
    toResult: (row: CsvRow) => Result,
  ): AsyncGenerator<ItemSource<Result>, void> {
    for (const id of jobIds) {
      const job = await this.#jobs.info(id, signal);
      if (!isEnded(job))
        throw new ConnectorError("CONFLICT", `The job is ${job.state} at Salesforce: there are no results yet.`);
      const path = this.#jobs.path(id, step);
      const page = new PageBody(this.#api, { path, name: `bulk.ingest.${step}`, isPaged: false, signal });
      let found = 0;
      for await (const rows of readRows(page.read(), createRowReader("", job.columnDelimiter ?? "COMMA"))) {
        yield {
          next: () => {
            const row = rows.next();
            return row && toResult(row);
          },
        };
        found = rows.rows;
      }
      const counted = job.state === "JobComplete" ? countOf(job) : undefined;
      if (counted !== undefined && found !== counted) throw missing(found, counted, "Read it again.");
    }
  }
}

// numberRecordsProcessed counts the refused ones, too.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm
function successes({ numberRecordsProcessed: all, numberRecordsFailed: failed }: BulkJobInfo): number | undefined {
  return all == null || failed == null ? undefined : all - failed;
}

function failures({ numberRecordsFailed: failed }: BulkJobInfo): number | undefined {
  return failed ?? undefined;
}
