import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { fieldSchema, idSchema, recordInputSchema, recordSchema, sobjectSchema } from "./inputs.js";

const nothing = z.strictObject({});

/** `records.create`: not idempotent, because Salesforce takes no key against doubles. */
export const createRecord = defineOperation({
  name: "records.create",
  summary: "Creates a record. To be able to repeat it safely, use records.upsert with an external id.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({ sobject: sobjectSchema, record: recordInputSchema }),
  output: z.strictObject({ id: idSchema }),
  run: (connector: SalesforceConnector, { sobject, record }, { signal }) =>
    connector.create(sobject, record, { signal }),
});

/** `records.retrieve` */
export const retrieveRecord = defineOperation({
  name: "records.retrieve",
  summary: "Reads a record by its id.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    sobject: sobjectSchema,
    id: idSchema,
    fields: z
      .array(fieldSchema)
      .min(1)
      .optional()
      .meta({ description: "Fields to read. Default: all that the user may see.", examples: [["Name", "Industry"]] }),
  }),
  output: recordSchema,
  run: (connector: SalesforceConnector, { sobject, id, fields }, { signal }) =>
    connector.retrieve(sobject, id, fields, { signal }),
});

/** `records.update`: idempotent, because the values are absolute; the organisation's automation may run twice. */
export const updateRecord = defineOperation({
  name: "records.update",
  summary: "Changes the fields of a record that are named; the others stay as they are.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({
    sobject: sobjectSchema,
    id: idSchema,
    record: recordInputSchema,
    ifUnmodifiedSince: z
      .string()
      .max(40)
      .optional()
      .meta({
        description:
          "Changes the record only if nobody has since this time, compared in whole seconds; otherwise CONFLICT. A lost answer is then OUTCOME_UNKNOWN.",
        examples: ["2026-11-26T12:00:00.000+0000"],
      }),
  }),
  output: nothing,
  run: async (connector: SalesforceConnector, { sobject, id, record, ifUnmodifiedSince }, { signal }) => {
    await connector.update(sobject, id, record, {
      signal,
      ...(ifUnmodifiedSince !== undefined && { ifUnmodifiedSince }),
    });
    return {};
  },
});

/** `records.upsert`: idempotent, because the external id finds the record that the first try made. */
export const upsertRecord = defineOperation({
  name: "records.upsert",
  summary: "Updates the record with this external id, or creates it.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({
    sobject: sobjectSchema,
    externalIdField: fieldSchema.meta({
      description: "API name of a field that is marked as an external id.",
      examples: ["External_Id__c"],
    }),
    externalId: z
      .string()
      .min(1)
      .max(255)
      .meta({ description: "Its value, not encoded.", examples: ["customer-4711"] }),
    record: recordInputSchema,
  }),
  output: z.strictObject({
    id: idSchema.optional(),
    created: z.boolean().describe("Whether the record is new."),
  }),
  run: (connector: SalesforceConnector, { sobject, externalIdField, externalId, record }, { signal }) =>
    connector.upsert(sobject, externalIdField, externalId, record, { signal }),
});

/** `records.delete`: idempotent; a record that is in the recycle bin already counts as deleted. */
export const deleteRecord = defineOperation({
  name: "records.delete",
  summary: "Moves a record to the recycle bin.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({ sobject: sobjectSchema, id: idSchema }),
  output: nothing,
  run: async (connector: SalesforceConnector, { sobject, id }, { signal }) => {
    await connector.delete(sobject, id, { signal });
    return {};
  },
});

/** `records.undelete`: idempotent; a record that is not deleted counts as undeleted. */
export const undeleteRecord = defineOperation({
  name: "records.undelete",
  summary: "Takes a record out of the recycle bin.",
  kind: "write",
  idempotent: true,
  input: z.strictObject({ sobject: sobjectSchema, id: idSchema }),
  output: nothing,
  run: async (connector: SalesforceConnector, { sobject, id }, { signal }) => {
    await connector.undelete(sobject, id, { signal });
    return {};
  },
});
