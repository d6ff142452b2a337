import {
  type BinaryContent,
  ConnectorError,
  isConnectorError,
  type LongRunCall,
  type LongRunStart,
  type RunStep,
  VendorError,
} from "@isthmus/core";
import { z } from "zod";
import type { SalesforceApi } from "../api.js";
import { recordIdPattern } from "../names.js";
import { assertSoql } from "../query.js";
import { type BulkJobInfo, BulkJobs, isEnded } from "./jobs.js";
import { pauseBetweenLooksMs } from "./poll.js";
import { type ItemSource, PullIterator } from "./pull-iterator.js";
import { type PageOptions, readPages } from "./query-pages.js";
import { type BulkRow, joinPages, readPageRows } from "./query-rows.js";
import { readRowError } from "./row-error.js";

/** What is known of a query that runs: its job. */
export const queryStateSchema = z.strictObject({
  version: z.literal(1),
  jobId: z.string().regex(recordIdPattern),
  /** How often it was looked at. */
  looks: z.int().nonnegative(),
});

/** A validated state. */
export type QueryState = z.output<typeof queryStateSchema>;

/** What is asked. */
export interface BulkQueryRequest {
  readonly soql: string;
  /** Whether deleted and archived records are found too. Default false. */
  readonly includeDeleted?: boolean;
}

/** A query that is through. Its result is kept at Salesforce for seven days. */
export interface BulkQueryOutcome {
  readonly jobId: string;
  /** Rows of the result. */
  readonly records: number;
}

/** Runs queries as jobs, and reads their results. */
export class BulkQuery {
  readonly jobs: BulkJobs;
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
    this.jobs = new BulkJobs(api, "query");
  }

  /** Makes the job. A repetition after a lost answer may leave one behind that nobody reads; it changes nothing. */
  async start(
    { soql, includeDeleted = false }: BulkQueryRequest,
    { signal, checkpoint }: Pick<LongRunStart<QueryState>, "signal" | "checkpoint">,
  ): Promise<QueryState> {
    assertSoql(soql);
    const { id } = await this.jobs.create({ operation: includeDeleted ? "queryAll" : "query", query: soql }, signal);
    const state: QueryState = { version: 1, jobId: id, looks: 0 };
    await checkpoint(state);
    return state;
  }

  /** Looks whether the job is through. @throws {ConnectorError} when it failed or was aborted. */
  async advance({ jobId, looks }: QueryState, { signal }: LongRunCall): Promise<RunStep<QueryState, BulkQueryOutcome>> {
    const job = await this.jobs.info(jobId, signal);
    const processed = job.numberRecordsProcessed ?? 0;
    const progress = { processed, failed: 0 };
    if (!isEnded(job)) {
      return {
        done: false,
        state: { version: 1, jobId, looks: looks + 1 },
        progress,
        waitMs: pauseBetweenLooksMs(looks),
      };
    }
    this.#assertComplete(job);
    return { done: true, progress: { ...progress, total: processed }, output: { jobId, records: processed } };
  }

  /** Aborts the job where it is not through yet. One that is gone needs no end. */
  async cancel({ jobId }: QueryState, { signal }: LongRunCall): Promise<void> {
    try {
      await this.jobs.change(jobId, "Aborted", signal);
    } catch (error) {
      if (!(isConnectorError(error) && error.code === "NOT_FOUND")) throw error;
    }
  }

  /** The rows of a job that is through, in Salesforce's order, read no faster than they are taken. */
  rows(jobId: string, options: PageOptions, signal: AbortSignal): AsyncIterableIterator<BulkRow, void> {
    return new PullIterator(this.sources(jobId, options, signal));
  }

  /** The result of a job that is through as one CSV text. */
  async csv(jobId: string, options: PageOptions, signal: AbortSignal): Promise<BinaryContent> {
    this.#assertComplete(await this.jobs.info(jobId, signal));
    const body = joinPages(readPages(this.#api, this.jobs, jobId, options, signal));
    return { mediaType: "text/csv; charset=utf-8", fileName: `${jobId}.csv`, body };
  }

  /** The same rows, for a {@link PullIterator}. */
  async *sources(jobId: string, options: PageOptions, signal: AbortSignal): AsyncGenerator<ItemSource<BulkRow>, void> {
    const job = await this.jobs.info(jobId, signal);
    this.#assertComplete(job);
    const pages = readPages(this.#api, this.jobs, jobId, options, signal);
    yield* readPageRows(pages, job.numberRecordsProcessed ?? undefined);
  }

  #assertComplete(job: BulkJobInfo): void {
    if (job.state === "JobComplete") return;
    if (!isEnded(job))
      throw new ConnectorError("CONFLICT", `The job is ${job.state} at Salesforce: there is no result yet.`);
    if (job.errorMessage) throw readRowError(this.#api, job.errorMessage, "the query");
    const message = `The query ended as ${job.state} at Salesforce.`;
    throw new VendorError(message, { vendor: { code: job.state } });
  }
}
