import { ConnectorError, defineOperation, type EntityBatch } from "@isthmus/core";
import { z } from "zod";
import { isComplete } from "../changes/change-cursor.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { fieldSchema, recordSchema, sobjectSchema } from "./inputs.js";

const cursorSchema = z
  .looseObject({ v: z.int().describe("Version of its form.") })
  .describe("Where a read stopped. Opaque: keep it as it is, and store it with the changes.");

const batchSchema = z.strictObject({
  changes: z
    .array(
      z.strictObject({
        id: z.string().describe("Id of the record."),
        deleted: z.boolean().describe("Whether it is gone."),
        record: recordSchema.optional(),
        modifiedAtMs: z.number().optional().describe("When, in epoch milliseconds at Salesforce."),
        mergedInto: z.string().optional().describe("Id of the record that it was merged into."),
      }),
    )
    .describe("In the order in which they are to be applied. May be empty."),
  cursor: cursorSchema,
  complete: z.boolean().describe("Whether the read has come to its end. Otherwise more is there: go on at once."),
});

/** `changes.read`: one batch as JSON, all of them as NDJSON. */
export const readObjectChanges = defineOperation({
  name: "changes.read",
  summary: "Reads what was changed and deleted since a cursor, or everything: a batch as JSON, all batches as NDJSON.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    sobject: sobjectSchema,
    cursor: cursorSchema.optional(),
    fields: z
      .array(fieldSchema)
      .min(1)
      .optional()
      .describe("Fields to read. Default: all but files and compound ones."),
    batchSize: z.int().min(200).max(2_000).optional().describe("Records a batch, as a wish. Default 2,000."),
  }),
  output: batchSchema,
  async run(connector: SalesforceConnector, { sobject, cursor, ...options }, { signal }) {
    for await (const batch of connector.changes.read(sobject, cursor, toOptions(options, signal)))
      return toOutput(batch);
    throw new ConnectorError("INTERNAL", "A read of changes had no batch.");
  },
  stream: {
    item: batchSchema,
    async *run(connector: SalesforceConnector, { sobject, cursor, ...options }, { signal }) {
      for await (const batch of connector.changes.read(sobject, cursor, toOptions(options, signal)))
        yield toOutput(batch);
    },
  },
});

function toOptions(
  { fields, batchSize }: { readonly fields?: readonly string[] | undefined; readonly batchSize?: number | undefined },
  signal: AbortSignal,
) {
  return { signal, ...(fields && { fields }), ...(batchSize !== undefined && { batchSize }) };
}

function toOutput({ changes, cursor }: EntityBatch) {
  const copied = changes.map(({ record, ...change }) => ({ ...change, ...(record && { record: { ...record } }) }));
  return { changes: copied, cursor, complete: isComplete(cursor) };
}
