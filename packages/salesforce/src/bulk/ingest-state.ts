import type { RunProgress } from "@isthmus/core";
import { z } from "zod";
import { fieldPattern, recordIdPattern, sobjectPattern } from "../names.js";

/** What an ingest does with the rows. `hardDelete` needs a permission of its own and leaves nothing in the recycle bin. */
export const ingestOperations = ["insert", "update", "upsert", "delete", "hardDelete"] as const;

/** One of {@link ingestOperations}. */
export type IngestOperation = (typeof ingestOperations)[number];

const jobSchema = z.strictObject({
  id: z.string().regex(recordIdPattern),
  /** Rows that were uploaded to it. */
  rows: z.int().nonnegative(),
  /**
   * `open`: being uploaded. `uploaded`: Salesforce has all of its rows and does nothing with them yet. `handedOver`: it was
   * told to begin, or may have been. `ended`: it is through.
   */
  phase: z.enum(["open", "uploaded", "handedOver", "ended"]),
  processed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  /** How it ended. */
  outcome: z.enum(["JobComplete", "Failed", "Aborted"]).optional(),
  /** Why it did not complete, in Salesforce's words without a customer's data. */
  problem: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});

/** What is known of an ingest: ids and counts. By it any process can go on, end it, or read its results. */
export const ingestStateSchema = z.strictObject({
  version: z.literal(1),
  sobject: z.string().regex(sobjectPattern),
  operation: z.enum(ingestOperations),
  externalIdField: z.string().regex(fieldPattern).optional(),
  /** One for each part of the input, in its order. */
  jobs: z.array(jobSchema),
  /** Jobs whose upload was cut: nothing was handed over, and their rows went to another one. They are to be aborted. */
  discarded: z.array(z.string().regex(recordIdPattern)),
  /** How often it was looked at. */
  looks: z.int().nonnegative(),
});

/** A validated state. */
export type IngestState = z.output<typeof ingestStateSchema>;

/** One job of it. */
export type IngestJob = IngestState["jobs"][number];

/** How far it is. */
export function progressOf({ jobs }: Pick<IngestState, "jobs">): Required<RunProgress> {
  const sum = (count: (job: IngestJob) => number) => jobs.reduce((total, job) => total + count(job), 0);
  return { processed: sum((job) => job.processed), failed: sum((job) => job.failed), total: sum((job) => job.rows) };
}
