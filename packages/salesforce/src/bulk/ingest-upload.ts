import { isConnectorError, pause, pauseBeforeLookingAgainMs, ValidationError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { assertFieldName, assertSobjectName } from "../names.js";
import type { CsvBlock } from "./csv-block.js";
import { type BulkInput, toCsvBlocks } from "./csv-blocks.js";
import type { ColumnDelimiter } from "./csv-format.js";
import type { IngestJob, IngestOperation, IngestState } from "./ingest-state.js";
import type { BulkJobs } from "./jobs.js";
import { PartSpool } from "./part-spool.js";

/** Salesforce takes 150 MB in base64, which is 100 MB as they are. */
const defaultMaxPartBytes = 100_000_000;
/** 50 GB at the default size. Each is asked after with every look, and stands in the state, which is to be small. */
const mostParts = 500;
/** How often a part is uploaded at most, each time to a job of its own. */
const maxUploads = 5;

/** What becomes of the rows, and how they are read. */
export interface IngestRequest {
  readonly sobject: string;
  readonly operation: IngestOperation;
  /** By which rows and records are matched: for `upsert`, and only there. */
  readonly externalIdField?: string;
  /** Of input that is CSV already. Default `COMMA`. */
  readonly columnDelimiter?: ColumnDelimiter;
  /** Of input that is records. Default: the fields of the first one. */
  readonly columns?: readonly string[];
  /** Largest part in bytes, which becomes a job. Default 100,000,000, Salesforce's own limit. */
  readonly maxPartBytes?: number;
  /** Folder of temporary files for parts of more than a MiB. Default: the system's. */
  readonly spoolFolder?: string;
}

/** What {@link uploadParts} takes beside the rows. */
export interface UploadCall {
  readonly signal: AbortSignal;
  /** Resolves once the state is stored: see `LongRun.start`. */
  checkpoint(state: IngestState): Promise<void>;
}

/**
 * Uploads the rows in parts, each to a job of its own, and hands none of them over: until all are there, Salesforce does
 * nothing, and a row that cannot be written, a cut input or a dead process leaves no half of a load behind.
 *
 * @returns The state to go on from, every job `uploaded`.
 * @throws {ValidationError} when the request or a row does not fit, or there would be more than 500 parts.
 * @throws {ConnectorError} what the vendor's failure maps to. The last checkpoint names the jobs to abort.
 */
export async function uploadParts(
  api: SalesforceApi,
  jobs: BulkJobs,
  request: IngestRequest,
  input: BulkInput,
  call: UploadCall,
): Promise<IngestState> {
  assertRequest(request);
  const { sobject, operation, externalIdField, maxPartBytes = defaultMaxPartBytes } = request;
  const uploader = new PartUploader(api, jobs, request, call, {
    version: 1,
    sobject,
    operation,
    ...(externalIdField !== undefined && { externalIdField }),
    jobs: [],
    discarded: [],
    looks: 0,
  });
  let part: PartSpool | undefined;
  let last: CsvBlock | undefined;
  try {
    const { columnDelimiter = "COMMA", columns } = request;
    const options = { columnDelimiter, maxPartBytes, ...(columns && { columns }) };
    for await (const block of toCsvBlocks(input, options)) {
      call.signal.throwIfAborted();
      if (part && part.bytes + block.bytes.length > maxPartBytes) {
        await uploader.upload(part, block);
        await part.release();
        part = undefined;
      }
      if (!part) {
        if (uploader.state.jobs.length >= mostParts) throw tooManyParts(maxPartBytes);
        part = new PartSpool(request.spoolFolder);
        await part.append(block.header, 0);
      }
      await part.append(block.bytes, block.rows);
      last = block;
    }
    if (part && last) await uploader.upload(part, last);
    return uploader.state;
  } finally {
    await part?.release();
  }
}

/** Uploads parts one after the other, and keeps the state of all. */
class PartUploader {
  readonly #api: SalesforceApi;
  readonly #jobs: BulkJobs;
  readonly #request: IngestRequest;
  readonly #call: UploadCall;
  state: IngestState;

  constructor(api: SalesforceApi, jobs: BulkJobs, request: IngestRequest, call: UploadCall, state: IngestState) {
    this.#api = api;
    this.#jobs = jobs;
    this.#request = request;
    this.#call = call;
    this.state = state;
  }

  /**
   * Uploads a part until Salesforce says that it has it. After a cut nobody knows what arrived, and a job takes data once:
   * so the job is aborted, and the part goes to a new one. Neither was handed over, so nothing is doubled.
   */
  async upload(part: PartSpool, { lineEnding }: Pick<CsvBlock, "lineEnding">): Promise<void> {
    const { signal } = this.#call;
    let id = await this.#begin(lineEnding);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#put(id, part, signal);
        break;
      } catch (error) {
        const pauseMs = attempt < maxUploads ? pauseBeforeLookingAgainMs(error, attempt - 1) : undefined;
        if (pauseMs === undefined) throw error;
        // A token that was refused is looked at before the body: the job has taken nothing, and a new token is there.
        if (isConnectorError(error) && error.code === "AUTHENTICATION_FAILED") continue;
        await pause(this.#api.clock, pauseMs, signal);
        id = await this.#beginAnew(id, lineEnding);
      }
    }
    await this.#store([...this.state.jobs.slice(0, -1), jobOf(id, "uploaded", part.rows)], this.state.discarded);
  }

  async #begin(lineEnding: string): Promise<string> {
    const id = await this.#create(lineEnding);
    await this.#store([...this.state.jobs, jobOf(id, "open", 0)], this.state.discarded);
    return id;
  }

  async #beginAnew(cut: string, lineEnding: string): Promise<string> {
    const id = await this.#create(lineEnding);
    await this.#store([...this.state.jobs.slice(0, -1), jobOf(id, "open", 0)], [...this.state.discarded, cut]);
    try {
      await this.#jobs.change(cut, "Aborted", this.#call.signal);
      await this.#store(
        this.state.jobs,
        this.state.discarded.filter((discarded) => discarded !== cut),
      );
    } catch (error) {
      if (this.#call.signal.aborted) throw error;
      // It stays in the list, and is aborted with the next look.
    }
    return id;
  }

  async #create(lineEnding: string): Promise<string> {
    const { sobject, operation, externalIdField, columnDelimiter = "COMMA" } = this.#request;
    const job = {
      object: sobject,
      operation,
      ...(externalIdField !== undefined && { externalIdFieldName: externalIdField }),
      contentType: "CSV",
      columnDelimiter,
      lineEnding,
    };
    return (await this.#jobs.create(job, this.#call.signal)).id;
  }

  async #put(id: string, part: PartSpool, signal: AbortSignal): Promise<void> {
    const request = {
      name: "bulk.ingest.upload",
      method: "PUT",
      path: this.#jobs.path(id, "batches"),
      headers: { "content-type": "text/csv", "content-length": String(part.bytes) },
      body: part.read(),
      idempotent: true,
      signal,
    } as const;
    const response = await this.#api.send(request);
    // Any other success is somebody else's, and the rows would be thought to be there.
    if (response.status !== 201 && response.status !== 200) throw this.#api.mapFailure(response, request);
  }

  async #store(jobs: IngestJob[], discarded: string[]): Promise<void> {
    this.state = { ...this.state, jobs, discarded };
    await this.#call.checkpoint(this.state);
  }
}

function jobOf(id: string, phase: "open" | "uploaded", rows: number): IngestJob {
  return { id, phase, rows, processed: 0, failed: 0 };
}

function assertRequest({ sobject, operation, externalIdField, maxPartBytes }: IngestRequest): void {
  assertSobjectName(sobject);
  if (externalIdField !== undefined) assertFieldName(externalIdField);
  if ((operation === "upsert") !== (externalIdField !== undefined)) {
    const message = "is needed for upsert, and only there";
    throw new ValidationError(`${operation} and the external id field do not fit together.`, [
      { path: "externalIdField", message },
    ]);
  }
  if (maxPartBytes !== undefined && !(Number.isSafeInteger(maxPartBytes) && maxPartBytes > 0)) {
    throw new ValidationError("The size of a part is a number of bytes.", [
      { path: "maxPartBytes", message: "must be a whole number above 0" },
    ]);
  }
}

function tooManyParts(maxPartBytes: number): ValidationError {
  return new ValidationError(
    `The rows make more than ${mostParts} parts of ${maxPartBytes} bytes, each of them a job.`,
    [{ path: "maxPartBytes", message: "is too small for so many rows: make the parts larger, or several loads" }],
  );
}
