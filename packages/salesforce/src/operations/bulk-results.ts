import { binaryContentSchema, ConnectorError, defineOperation } from "@isthmus/core";
import { z } from "zod";
import { resultKinds } from "../bulk/ingest-results.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { jobIdSchema } from "./bulk.js";
import { idSchema } from "./inputs.js";
import { itemErrorSchema, toItemError } from "./results.js";

/** Rows that an answer in JSON holds; NDJSON has no limit. */
const maxRows = 10_000;

const rowSchema = z.record(z.string(), z.string()).describe("The row as it was uploaded, as text.");
const resultSchema = z.strictObject({
  row: rowSchema,
  id: idSchema.optional().describe("Id of the record."),
  created: z.boolean().optional().describe("Whether the record is new."),
  error: itemErrorSchema.optional().describe("Why the row was refused."),
});

const resultsInput = z.strictObject({
  jobId: jobIdSchema,
  kind: z
    .enum(resultKinds)
    .describe("successful: written; failed: refused; unprocessed: the job did not come to them."),
});

/** `bulk.results` */
export const readIngestResults = defineOperation({
  name: "bulk.results",
  summary: "The rows of an ingest job by what became of them: up to 10,000 as JSON, any number as NDJSON.",
  kind: "read",
  idempotent: true,
  input: resultsInput,
  output: z.strictObject({ rows: z.array(resultSchema).describe("The rows, in the order of Salesforce's answer.") }),
  run: async (connector: SalesforceConnector, input, { signal }) => ({
    rows: await collectRows(ingestResults(connector, input, signal)),
  }),
  stream: { item: resultSchema, run: (connector, input, { signal }) => ingestResults(connector, input, signal) },
});

const bulkRowSchema = z
  .record(z.string(), z.string().nullable())
  .describe("A row: text under the names of the fields, null where there is no value.");

/** `bulk.query.results` */
export const readQueryResults = defineOperation({
  name: "bulk.query.results",
  summary: "The rows of a bulk query: up to 10,000 as JSON, any number as NDJSON.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({ jobId: jobIdSchema }),
  output: z.strictObject({ rows: z.array(bulkRowSchema).describe("The rows, in the order of the result.") }),
  run: async ({ bulk }: SalesforceConnector, { jobId }, { signal }) => ({
    rows: await collectRows(bulk.queries.rows(jobId, {}, signal)),
  }),
  stream: {
    item: bulkRowSchema,
    run: ({ bulk }, { jobId }, { signal }) => bulk.queries.rows(jobId, {}, signal),
  },
});

/** `bulk.query.csv` */
export const readQueryCsv = defineOperation({
  name: "bulk.query.csv",
  summary: "The result of a bulk query as one CSV.",
  kind: "read",
  idempotent: true,
  produces: "text/csv",
  input: z.strictObject({ jobId: jobIdSchema }),
  output: binaryContentSchema,
  run: ({ bulk }: SalesforceConnector, { jobId }, { signal }) => bulk.queries.csv(jobId, {}, signal),
});

/** `bulk.jobs.abort`: idempotent; a job that is through stays as it is. */
export const abortBulkJob = defineOperation({
  name: "bulk.jobs.abort",
  summary: "Aborts a job that is not through. Rows that it has written stay.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({
    kind: z.enum(["ingest", "query"]).describe("Whether it writes or reads."),
    jobId: jobIdSchema,
  }),
  output: z.strictObject({ state: z.string().describe("Where the job stands now: Aborted, or how it had ended.") }),
  run: async ({ bulk }: SalesforceConnector, { kind, jobId }, { signal }) => {
    const { jobs } = kind === "ingest" ? bulk.ingest : bulk.queries;
    const { state } = await jobs.change(jobId, "Aborted", signal);
    return { state };
  },
});

async function* ingestResults(
  { bulk }: SalesforceConnector,
  { jobId, kind }: z.output<typeof resultsInput>,
  signal: AbortSignal,
): AsyncGenerator<z.output<typeof resultSchema>, void> {
  if (kind === "successful") yield* bulk.successfulRows(jobId, { signal });
  else if (kind === "unprocessed") yield* bulk.unprocessedRows(jobId, { signal });
  else
    for await (const { error, ...row } of bulk.failedRows(jobId, { signal }))
      yield { ...row, error: toItemError(error) };
}

async function collectRows<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const collected: Row[] = [];
  for await (const row of rows) {
    if (collected.length === maxRows) {
      const message = `There are more than ${maxRows} rows. Ask for application/x-ndjson.`;
      throw new ConnectorError("RESPONSE_TOO_LARGE", message);
    }
    collected.push(row);
  }
  return collected;
}
