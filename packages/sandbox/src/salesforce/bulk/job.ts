import { toSalesforceDateTime } from "../data/time.js";
import type { FieldDefinition, ObjectDefinition } from "../schema/definitions.js";
import type { CsvForm } from "./csv-form.js";
import type { Column } from "./ingest-columns.js";
import type { Upload } from "./upload.js";

/** Where a job stands. A query job is never `Open`. */
export type JobState = "Open" | "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";

/** What can be done to records in bulk. */
export type IngestOperation = "insert" | "update" | "upsert" | "delete" | "hardDelete";

/** What became of a row. */
export interface RowOutcome {
  /** The record's id; empty where there is none. */
  id: string;
  created: boolean;
  /** In the form of `sf__Error`; empty for success. */
  error: string;
}

/** The work on the rows of one job. */
export interface IngestRun {
  header: string[];
  /** Rows below the header. */
  total: number;
  /** One for each row that was processed, in the order of the upload. */
  outcomes: RowOutcome[];
  failed: number;
  columns: Column[];
  /** The rows that are still to come, in pieces; the header is already taken. */
  pieces: AsyncGenerator<string[][]>;
  /** What is left of the last piece. */
  waiting: string[][];
}

/** What a query job found. */
export interface QueryRows {
  count: number;
  /** The line with the names of the columns, with its line ending. */
  header: string;
  /** A record as a line, with its line ending. */
  line(index: number): string;
}

interface JobBase extends CsvForm {
  id: string;
  object: ObjectDefinition;
  /** The API version of the path that made it. */
  version: number;
  createdById: string;
  /** Milliseconds since 1970, as the next two. */
  createdAt: number;
  modifiedAt: number;
  /** When it was handed over for processing. */
  submittedAt: number;
  state: JobState;
  /** How often it was asked about since it was handed over. */
  polls: number;
  /** What happens to the job happens one after the other. */
  work: Promise<void>;
}

/** A job that writes. */
export interface IngestJob extends JobBase {
  kind: "ingest";
  operation: IngestOperation;
  /** The field that an upsert matches by. */
  externalId: FieldDefinition | undefined;
  errorMessage: string | undefined;
  /** The CSV; `undefined` until it has come in whole. */
  upload: Upload | undefined;
  /** Resolves when the upload that is coming in has come in or was cut off; `undefined` when none is. */
  uploading: Promise<void> | undefined;
  /** The rows and what became of them; `undefined` before the first look at the CSV. */
  run: IngestRun | undefined;
}

/** A job that reads. */
export interface QueryJob extends JobBase {
  kind: "query";
  operation: "query" | "queryAll";
  query: string;
  /** What it found; `undefined` before the first look. */
  rows: QueryRows | undefined;
  processed: number;
}

/** Whether nothing will happen to the job any more. */
export function isEnded(job: { state: JobState }): boolean {
  return job.state === "JobComplete" || job.state === "Failed" || job.state === "Aborted";
}

/** What POST and PATCH answer. */
export function describeJob(job: IngestJob | QueryJob): Record<string, unknown> {
  const common = {
    id: job.id,
    operation: job.operation,
    object: job.object.name,
    createdById: job.createdById,
    createdDate: toSalesforceDateTime(job.createdAt),
    systemModstamp: toSalesforceDateTime(job.modifiedAt),
    state: job.state,
    ...(job.kind === "ingest" && job.externalId !== undefined && { externalIdFieldName: job.externalId.name }),
    concurrencyMode: "Parallel",
    contentType: "CSV",
    apiVersion: job.version,
  };
  const form = { lineEnding: job.lineEnding, columnDelimiter: job.columnDelimiter };
  if (job.kind === "query") return { ...common, ...form };
  // Without a slash in front, as Salesforce writes it.
  return { ...common, contentUrl: `services/data/v${job.version}.0/jobs/ingest/${job.id}/batches`, ...form };
}

/** What GET answers: with the counts. */
export function describeJobFully(job: IngestJob | QueryJob): Record<string, unknown> {
  const elapsedMs = job.submittedAt === 0 ? 0 : Math.max(0, job.modifiedAt - job.submittedAt);
  if (job.kind === "query") {
    return {
      ...describeJob(job),
      jobType: "V2Query",
      numberRecordsProcessed: job.processed,
      retries: 0,
      totalProcessingTime: elapsedMs,
      isPkChunkingSupported: true,
    };
  }
  return {
    ...describeJob(job),
    jobType: "V2Ingest",
    numberRecordsProcessed: job.run?.outcomes.length ?? 0,
    numberRecordsFailed: job.run?.failed ?? 0,
    retries: 0,
    totalProcessingTime: elapsedMs,
    apiActiveProcessingTime: elapsedMs,
    apexProcessingTime: 0,
    ...(job.errorMessage !== undefined && { errorMessage: job.errorMessage }),
  };
}
