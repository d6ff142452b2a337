import { type ConnectorRequest, isConnectorError, readAnswer, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceApi } from "../api.js";
import { recordIdPattern } from "../names.js";

/** Which of the two kinds of jobs. It is a step of the path. */
export type BulkJobKind = "ingest" | "query";

// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm
const jobInfoSchema = z.looseObject({
  id: z.string().regex(recordIdPattern),
  state: z.enum(["Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted"]),
  numberRecordsProcessed: z.int().nonnegative().nullish(),
  numberRecordsFailed: z.int().nonnegative().nullish(),
  errorMessage: z.string().nullish(),
  columnDelimiter: z.enum(["COMMA", "TAB", "SEMICOLON", "PIPE", "CARET", "BACKQUOTE"]).nullish(),
});

/** A job as Salesforce describes it, all of its fields. */
export type BulkJobInfo = z.output<typeof jobInfoSchema>;

/** A state that a job does not leave. */
export function isEnded({ state }: Pick<BulkJobInfo, "state">): boolean {
  return state === "JobComplete" || state === "Failed" || state === "Aborted";
}

/** The jobs of one kind: what can be done to a job as a whole. */
export class BulkJobs {
  readonly #api: SalesforceApi;
  readonly #kind: BulkJobKind;

  constructor(api: SalesforceApi, kind: BulkJobKind) {
    this.#api = api;
    this.#kind = kind;
  }

  /**
   * Makes a job. A lost answer is followed by a repetition: a job without data does nothing, and Salesforce removes one that
   * was forgotten after seven days.
   */
  async create(body: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<BulkJobInfo> {
    return this.#ask(
      { ...jsonBody(body), name: `bulk.${this.#kind}.create`, method: "POST", path: this.path() },
      signal,
    );
  }

  /** How far a job is. @throws {NotFoundError} when there is none, or it is older than seven days. */
  async info(id: string, signal?: AbortSignal): Promise<BulkJobInfo> {
    return this.#ask({ name: `bulk.${this.#kind}.info`, method: "GET", path: this.path(id) }, signal);
  }

  /**
   * Brings a job into another state. One that left the open states already, because the answer to a first try was lost or
   * the work is over, stays as it is.
   *
   * @returns The job as it is then.
   */
  async change(id: string, state: "UploadComplete" | "Aborted", signal?: AbortSignal): Promise<BulkJobInfo> {
    const name = `bulk.${this.#kind}.${state === "Aborted" ? "abort" : "close"}`;
    try {
      return await this.#ask({ ...jsonBody({ state }), name, method: "PATCH", path: this.path(id) }, signal);
    } catch (error) {
      // What Salesforce says to a state that cannot be left is looked up instead of being believed.
      if (!isConnectorError(error) || (error.code !== "VENDOR_REJECTED" && error.code !== "CONFLICT")) throw error;
      const job = await this.info(id, signal);
      if (isEnded(job) || (state === "UploadComplete" && job.state !== "Open")) return job;
      throw error;
    }
  }

  /** `/services/data/v60.0/jobs/ingest/{id}/{step}` */
  path(id?: string, step?: string): string {
    if (id !== undefined && !recordIdPattern.test(id)) {
      throw new ValidationError("A job's id is 15 or 18 letters and digits.", [
        { path: "jobId", message: "must be 15 or 18 letters and digits" },
      ]);
    }
    return [`${this.#api.dataPath}/jobs/${this.#kind}`, id, step].filter((part) => part !== undefined).join("/");
  }

  async #ask(request: ConnectorRequest, signal: AbortSignal | undefined): Promise<BulkJobInfo> {
    const response = await this.#api.send({ ...request, idempotent: true, ...(signal && { signal }) });
    return readAnswer(response, jobInfoSchema, "a bulk job");
  }
}

function jsonBody(body: Readonly<Record<string, unknown>>) {
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}
