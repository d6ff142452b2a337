import { defineOperation, type OperationCall } from "@isthmus/core";
import { z } from "zod";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import type { WriteOptions } from "../write-once.js";
import { entitySchema, idSchema, recordInputSchema, recordSchema, referenceSchema } from "./inputs.js";

/** What a write takes of a call: the same key, the same effect. */
export function writeOptions({ signal, idempotencyKey }: OperationCall): WriteOptions {
  return { signal, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}

/** `records.create`: without a key of the caller's, only the repetitions within one call are told apart from new ones. */
export const createRecord = defineOperation({
  name: "records.create",
  summary: "Creates a record. A lost answer is asked for again with the same requestid, so that nothing is doubled.",
  kind: "write",
  idempotent: false,
  takesIdempotencyKey: true,
  input: z.strictObject({ entity: entitySchema, record: recordInputSchema }),
  output: recordSchema,
  run: (connector: QuickbooksConnector, { entity, record }, call) =>
    connector.create(entity, record, writeOptions(call)),
});

/** `records.retrieve` */
export const retrieveRecord = defineOperation({
  name: "records.retrieve",
  summary: "Reads a record by its Id.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({ entity: entitySchema, id: idSchema }),
  output: recordSchema,
  run: (connector: QuickbooksConnector, { entity, id }, { signal }) => connector.read(entity, id, { signal }),
});

/** `records.update` */
export const updateRecord = defineOperation({
  name: "records.update",
  summary: "Changes a record: the fields that are given (sparse), or all of it (then with its SyncToken).",
  kind: "write",
  idempotent: false,
  takesIdempotencyKey: true,
  input: z.strictObject({
    entity: entitySchema,
    record: referenceSchema,
    sparse: z.boolean().default(true).meta({
      description: "false: the record becomes what is given; writable fields that are missing are cleared.",
    }),
  }),
  output: recordSchema,
  run: (connector: QuickbooksConnector, { entity, record, sparse }, call) =>
    connector.update(entity, record, { ...writeOptions(call), sparse }),
});

/** `records.delete` */
export const deleteRecord = defineOperation({
  name: "records.delete",
  summary: "Deletes a transaction, or makes a record of a list inactive.",
  kind: "write",
  idempotent: false,
  takesIdempotencyKey: true,
  input: z.strictObject({ entity: entitySchema, record: referenceSchema }),
  output: z.looseObject({ Id: z.string().describe("Id of the record.") }),
  run: async (connector: QuickbooksConnector, { entity, record }, call) => ({
    ...(await connector.delete(entity, record, writeOptions(call))),
  }),
});

/** `records.void` */
export const voidRecord = defineOperation({
  name: "records.void",
  summary: "Voids a transaction: it stays, with zero amounts.",
  kind: "write",
  idempotent: false,
  takesIdempotencyKey: true,
  input: z.strictObject({ entity: entitySchema, record: referenceSchema }),
  output: recordSchema,
  run: (connector: QuickbooksConnector, { entity, record }, call) => connector.void(entity, record, writeOptions(call)),
});
