import {
  ConnectorError,
  isConnectorError,
  type LongRunCall,
  type LongRunStart,
  type RunProgress,
  type RunStep,
} from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import type { BulkInput } from "./csv-blocks.js";
import { type IngestJob, type IngestState, progressOf } from "./ingest-state.js";
import { type IngestRequest, uploadParts } from "./ingest-upload.js";
import { type BulkJobInfo, BulkJobs, isEnded } from "./jobs.js";
import { pauseBetweenLooksMs } from "./poll.js";
import { readRowError } from "./row-error.js";

/** What became of an ingest. Complete jobs may hold rows that were refused. */
export interface IngestOutcome extends Required<RunProgress> {
  /** Whether every job is complete and no row was refused. */
  readonly ok: boolean;
  /** One for each part of the input, in its order. Their ids give the results of each row. */
  readonly jobs: readonly IngestJobOutcome[];
}

/** What became of one job. */
export interface IngestJobOutcome {
  readonly id: string;
  /** Rows that were uploaded. */
  readonly rows: number;
  readonly state: "JobComplete" | "Failed" | "Aborted";
  /** Rows that Salesforce is done with, those that it refused included. */
  readonly processed: number;
  readonly failed: number;
  /** Why it did not complete. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** Loads rows in steps that outlive a process: the `LongRun` of bulk ingest. */
export class BulkIngest {
  readonly jobs: BulkJobs;
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
    this.jobs = new BulkJobs(api, "ingest");
  }

  /** Uploads everything, and hands nothing over yet. */
  start(
    request: IngestRequest,
    input: BulkInput,
    call: Pick<LongRunStart<IngestState>, "signal" | "checkpoint">,
  ): Promise<IngestState> {
    return uploadParts(this.#api, this.jobs, request, input, call);
  }

  /**
   * Hands over what was uploaded, then looks how far Salesforce is. A job that was handed over already is not handed over
   * again: Salesforce says in which state it is.
   *
   * @throws {ConnectorError} `CONFLICT` for a state whose upload was cut off: the rest of the rows is nowhere any more.
   */
  async advance(state: IngestState, { signal }: LongRunCall): Promise<RunStep<IngestState, IngestOutcome>> {
    if (state.jobs.some(({ phase }) => phase === "open")) {
      throw new ConnectorError(
        "CONFLICT",
        "The upload of this run was cut off, and nothing was handed over: cancel it.",
      );
    }
    const discarded = await this.#abortAll(state.discarded, signal);
    const jobs: IngestJob[] = [];
    for (const job of state.jobs) jobs.push(await this.#look(job, signal));
    const progress = progressOf({ jobs });
    const outcomes = jobs.flatMap(toOutcome);
    if (outcomes.length === jobs.length && discarded.length === 0) {
      const ok = progress.failed === 0 && outcomes.every((job) => job.state === "JobComplete");
      return { done: true, progress, output: { ok, ...progress, jobs: outcomes } };
    }
    const looks = state.looks + 1;
    return {
      done: false,
      state: { ...state, jobs, discarded, looks },
      progress,
      waitMs: pauseBetweenLooksMs(state.looks),
    };
  }

  /** Aborts every job that is not through. Rows that Salesforce is done with stay as they are. */
  async cancel(state: IngestState, { signal }: LongRunCall): Promise<void> {
    const left = state.jobs.filter(({ phase }) => phase !== "ended").map(({ id }) => id);
    let failure: ConnectorError | undefined;
    for (const id of [...left, ...state.discarded]) failure = (await this.#abort(id, signal)) ?? failure;
    if (failure) throw failure;
  }

  async #look(job: IngestJob, signal: AbortSignal): Promise<IngestJob> {
    if (job.phase === "ended") return job;
    const info =
      job.phase === "uploaded"
        ? await this.jobs.change(job.id, "UploadComplete", signal)
        : await this.jobs.info(job.id, signal);
    // The answer to a hand-over may have been lost before Salesforce had heard of it.
    const known = info.state === "Open" ? await this.jobs.change(job.id, "UploadComplete", signal) : info;
    const counts = { processed: known.numberRecordsProcessed ?? 0, failed: known.numberRecordsFailed ?? 0 };
    if (!isEnded(known)) return { ...job, ...counts, phase: "handedOver" };
    return { ...job, ...counts, phase: "ended", outcome: endOf(known), ...this.#problem(known) };
  }

  #problem({ state, errorMessage }: BulkJobInfo): Pick<IngestJob, "problem"> {
    if (state === "JobComplete") return {};
    if (!errorMessage) return { problem: { code: state, message: `The job is ${state} at Salesforce.` } };
    const error = readRowError(this.#api, errorMessage, "the job");
    return { problem: { code: error.vendor?.code ?? state, message: error.vendor?.message ?? error.message } };
  }

  /** @returns The jobs that could not be aborted now. */
  async #abortAll(ids: readonly string[], signal: AbortSignal): Promise<string[]> {
    const kept: string[] = [];
    for (const id of ids) if ((await this.#abort(id, signal)) !== undefined) kept.push(id);
    return kept;
  }

  /** @returns Why it could not be aborted now. A job that is gone needs no end. */
  async #abort(id: string, signal: AbortSignal): Promise<ConnectorError | undefined> {
    try {
      await this.jobs.change(id, "Aborted", signal);
      return undefined;
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      return error.code === "NOT_FOUND" ? undefined : error;
    }
  }
}

function endOf({ state }: BulkJobInfo): IngestJobOutcome["state"] {
  return state === "Failed" || state === "Aborted" ? state : "JobComplete";
}

function toOutcome({ id, rows, processed, failed, outcome, problem }: IngestJob): IngestJobOutcome[] {
  if (outcome === undefined) return [];
  return [{ id, rows, state: outcome, processed, failed, ...(problem && { problem }) }];
}
