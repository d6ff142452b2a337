import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { RecordResult } from "../collections/results.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { fieldSchema, idSchema, recordInputSchema, recordSchema, sobjectSchema } from "./inputs.js";
import { itemErrorSchema, toItemError } from "./results.js";

/** Records of one call. For more there are the library's iterables, and bulk. */
const maxRecords = 10_000;

const choices = {
  allOrNone: z
    .boolean()
    .default(false)
    .describe("Whether one failed record takes all others back. For at most 200 records, one request of Salesforce's."),
  concurrency: z.int().min(1).max(5).default(1).describe("Requests at once."),
};

const typedRecordSchema = recordInputSchema.meta({
  description:
    "Fields by their API names, values in Salesforce's JSON types. attributes.type names another object than the call.",
});

const recordsSchema = z
  .array(typedRecordSchema)
  .min(1)
  .max(maxRecords)
  .describe("Records, in any number up to 10,000.");
const idsSchema = z.array(idSchema).min(1).max(maxRecords).describe("Ids of records, up to 10,000.");

const output = z.strictObject({
  results: z
    .array(
      z.strictObject({
        id: idSchema.optional(),
        created: z.boolean().optional().describe("Whether the record is new."),
        error: itemErrorSchema.optional().describe("Why it was not done."),
      }),
    )
    .describe("What became of each record, in the order of the input."),
});

/** `collections.create`: not idempotent, because Salesforce takes no key against doubles. */
export const createCollection = defineOperation({
  name: "collections.create",
  summary: "Creates records, 200 to a request; a result for each. Where an answer is lost, they say OUTCOME_UNKNOWN.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({ sobject: sobjectSchema, records: recordsSchema, ...choices }),
  output,
  run: async (connector: SalesforceConnector, { sobject, records, ...options }, { signal }) =>
    toOutput(await connector.collections.create(sobject, records, { ...options, signal })),
});

/** `collections.update` */
export const updateCollection = defineOperation({
  name: "collections.update",
  summary: "Changes records, each by its Id, 200 to a request; a result for each.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({ sobject: sobjectSchema, records: recordsSchema, ...choices }),
  output,
  run: async (connector: SalesforceConnector, { sobject, records, ...options }, { signal }) =>
    toOutput(await connector.collections.update(sobject, records, { ...options, signal })),
});

/** `collections.upsert` */
export const upsertCollection = defineOperation({
  name: "collections.upsert",
  summary: "Updates or creates records by an external id that each holds, 200 to a request; a result for each.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({
    sobject: sobjectSchema,
    externalIdField: fieldSchema.meta({
      description: "API name of a field that is marked as an external id.",
      examples: ["External_Id__c"],
    }),
    records: recordsSchema,
    ...choices,
  }),
  output,
  run: async (connector: SalesforceConnector, { sobject, externalIdField, records, ...options }, { signal }) =>
    toOutput(await connector.collections.upsert(sobject, externalIdField, records, { ...options, signal })),
});

/** `collections.delete` */
export const deleteCollection = defineOperation({
  name: "collections.delete",
  summary: "Moves records to the recycle bin, 200 to a request; a result for each.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({ ids: idsSchema, ...choices }),
  output,
  run: async (connector: SalesforceConnector, { ids, ...options }, { signal }) =>
    toOutput(await connector.collections.delete(ids, { ...options, signal })),
});

/** `collections.retrieve` */
export const retrieveCollection = defineOperation({
  name: "collections.retrieve",
  summary: "Reads records by their ids; null for one that is not there.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    sobject: sobjectSchema,
    ids: idsSchema,
    fields: z
      .array(fieldSchema)
      .min(1)
      .meta({ description: "Fields to read.", examples: [["Name", "Industry"]] }),
  }),
  output: z.strictObject({
    records: z.array(recordSchema.nullable()).describe("In the order of the ids; null where there is no record."),
  }),
  run: async (connector: SalesforceConnector, { sobject, ids, fields }, { signal }) => ({
    records: await connector.collections.retrieve(sobject, ids, fields, { signal }),
  }),
});

function toOutput(results: readonly RecordResult[]): z.output<typeof output> {
  return { results: results.map(({ error, ...known }) => ({ ...known, ...(error && { error: toItemError(error) }) })) };
}
