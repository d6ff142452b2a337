import {
  type BinaryContent,
  ConnectorError,
  defineBulkOperation,
  type LongRun,
  type LongRunCall,
  type LongRunStart,
} from "@isthmus/core";
import { z } from "zod";
import { type BulkQueryRequest, type QueryState, queryStateSchema } from "../bulk/bulk-query.js";
import type { BulkInput } from "../bulk/csv-blocks.js";
import { type IngestState, ingestOperations, ingestStateSchema } from "../bulk/ingest-state.js";
import type { IngestRequest } from "../bulk/ingest-upload.js";
import { readNdjson } from "../bulk/ndjson.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { fieldSchema, idSchema, sobjectSchema } from "./inputs.js";

/** Id of a job. */
export const jobIdSchema = idSchema.meta({ description: "Id of the job.", examples: ["7505e00000A1b2CAAR"] });

const soqlSchema = z
  .string()
  .min(1)
  .max(100_000)
  .meta({ description: "The query.", examples: ["SELECT Id, Name FROM Account"] });

const ingestInput = {
  sobject: sobjectSchema,
  operation: z.enum(ingestOperations).describe("What is done with each row."),
  externalIdField: fieldSchema.optional().meta({
    description: "Field that rows and records are matched by: for upsert, and only there.",
    examples: ["Serial__c"],
  }),
  maxPartBytes: z
    .int()
    .min(1_000)
    .max(100_000_000)
    .optional()
    .describe("Largest part in bytes, each of which becomes a job. Default 100,000,000, Salesforce's limit."),
};

const csvInput = z.strictObject({
  ...ingestInput,
  columnDelimiter: z
    .enum(["COMMA", "TAB", "SEMICOLON", "PIPE", "CARET", "BACKQUOTE"])
    .optional()
    .describe("What parts the columns. Default COMMA."),
});

const recordsInput = z.strictObject({
  ...ingestInput,
  columns: z
    .array(z.string().min(1))
    .min(1)
    .max(5_000)
    .optional()
    .meta({
      description: "Names of the columns. Default: the fields of the first record.",
      examples: [["Name", "Account.Serial__c"]],
    }),
});

const ingestOutput = z.strictObject({
  ok: z.boolean().describe("Whether every job is complete and no row was refused."),
  processed: z.int().nonnegative().describe("Rows that Salesforce is done with, those that it refused included."),
  failed: z.int().nonnegative().describe("Rows that it refused."),
  total: z.int().nonnegative().describe("Rows that were uploaded."),
  jobs: z
    .array(
      z.strictObject({
        id: jobIdSchema,
        rows: z.int().nonnegative().describe("Rows that were uploaded to it."),
        state: z.enum(["JobComplete", "Failed", "Aborted"]).describe("How it ended."),
        processed: z.int().nonnegative().describe("Rows that Salesforce is done with, those that it refused included."),
        failed: z.int().nonnegative().describe("Rows that it refused."),
        problem: z
          .strictObject({
            code: z.string().describe("Salesforce's code, or the state."),
            message: z.string().describe("Salesforce's words, without a customer's data."),
          })
          .optional()
          .describe("Why it did not complete."),
      }),
    )
    .describe("One for each part, in the order of the input. bulk.results gives the rows of each."),
});

/** `bulk.ingest`: not idempotent; what a lost answer leaves behind is aborted by the run's state. */
export const ingestCsv = defineBulkOperation({
  name: "bulk.ingest",
  summary:
    "Inserts, updates, upserts or deletes the rows of a CSV by Bulk API 2.0; bulk.results gives the result of each.",
  idempotent: false,
  consumes: "text/csv",
  input: csvInput,
  output: ingestOutput,
  longRun: ingestRun<z.output<typeof csvInput>>(({ body }) => body),
});

/** `bulk.ingest.records`: the same, from records as JSON. */
export const ingestRecords = defineBulkOperation({
  name: "bulk.ingest.records",
  summary:
    "Does the same with records, one a line (NDJSON): null empties a field, a related record stands for its external id.",
  idempotent: false,
  consumes: "application/x-ndjson",
  input: recordsInput,
  output: ingestOutput,
  longRun: ingestRun<z.output<typeof recordsInput>>(({ body }) => readNdjson(body)),
});

/** `bulk.query`: idempotent; a repetition makes another job, which changes nothing. */
export const runBulkQuery = defineBulkOperation({
  name: "bulk.query",
  summary: "Runs a SOQL query as a job; bulk.query.results and bulk.query.csv give its rows for seven days.",
  idempotent: true,
  input: z.strictObject({
    soql: soqlSchema,
    includeDeleted: z.boolean().default(false).describe("Whether deleted and archived records are found too."),
  }),
  output: z.strictObject({ jobId: jobIdSchema, records: z.int().nonnegative().describe("Rows of the result.") }),
  longRun: {
    state: queryStateSchema,
    start: (connector: SalesforceConnector, input: BulkQueryRequest, call: LongRunStart<QueryState>) =>
      connector.bulk.queries.start(input, call),
    advance: (connector: SalesforceConnector, state: QueryState, call: LongRunCall) =>
      connector.bulk.queries.advance(state, call),
    cancel: (connector: SalesforceConnector, state: QueryState, call: LongRunCall) =>
      connector.bulk.queries.cancel(state, call),
  },
});

/** The long run of both ways to load; they differ in how the bytes are read. */
function ingestRun<Input extends IngestRequest>(
  toRows: (content: BinaryContent) => BulkInput,
): LongRun<SalesforceConnector, Input, IngestState, z.output<typeof ingestOutput>> {
  return {
    state: ingestStateSchema,
    start: async ({ bulk }, input, call) => {
      // The contract proves that it is there.
      if (!call.content) throw new ConnectorError("INTERNAL", "A load came without its rows.");
      return bulk.ingest.start(input, toRows(call.content), call);
    },
    advance: async ({ bulk }, state, call) => {
      const step = await bulk.ingest.advance(state, call);
      return step.done ? { ...step, output: { ...step.output, jobs: [...step.output.jobs] } } : step;
    },
    cancel: ({ bulk }, state, call) => bulk.ingest.cancel(state, call),
  };
}
