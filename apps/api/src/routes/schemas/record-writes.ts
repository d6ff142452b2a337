import { z } from "zod";
import { pageQuerySchema } from "./common.js";
import { entityNameSchema } from "./syncs.js";

/** Records of one request. */
export const mostRecords = 10_000;

const policySchema = z
  .enum(["theirs", "ours", "fail"])
  .describe(
    "What becomes of a record that was changed at the vendor meanwhile: theirs = it stays as it is there (`kept`), ours = it is overwritten, fail = `conflict`.",
  );

/** One record to write; also a line of the body as NDJSON. */
export const writeSchema = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe("The vendor's id. Without: a new record, or that of externalId."),
    externalId: z
      .strictObject({ field: z.string().min(1).max(255), value: z.string().min(1).max(1_000) })
      .optional()
      .describe("A field that identifies records, and its value: the record that has it is changed, or else created."),
    record: z
      .record(z.string().min(1).max(255), z.unknown())
      .optional()
      .describe("Fields by the vendor's names. What is not named stays as it is."),
    deleted: z.boolean().optional().describe("true: the record is deleted. Then without `record`."),
    base: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        "The vendor's version of the record that you saw: SyncToken, ETag, SystemModstamp. Default: that of the record as a sync last read it.",
      ),
    version: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional()
      .describe("Instead of base: `version` of the record as `GET …/records` gave it to you."),
  })
  .meta({ id: "RecordToWrite" });

/** The body that writes records. */
export const writeRecordsSchema = z
  .strictObject({
    entity: entityNameSchema,
    policy: policySchema.default("fail"),
    records: z.array(writeSchema).min(1).max(mostRecords),
  })
  .meta({ id: "RecordsToWrite" });

/** Query of a request that writes records given as NDJSON, whose lines hold nothing but records. */
export const writeQuerySchema = z.object({
  entity: entityNameSchema.optional().describe("With `application/x-ndjson` in place of the body's."),
  policy: policySchema.optional().describe("With `application/x-ndjson` in place of the body's. Default: fail."),
});

const outcomeSchema = z
  .enum(["created", "updated", "deleted", "unchanged", "kept", "conflict", "failed", "unknown", "not_sent"])
  .describe(
    "unchanged: the vendor had these values already. kept, conflict: it was changed meanwhile. unknown: it may have been done, look it up. not_sent: the run ended before.",
  );

/** What became of a record, as it is answered. */
export const recordWriteSchema = z
  .object({
    index: z.int().describe("Its place in the request, from 0."),
    outcome: outcomeSchema.nullable().describe("null: nothing yet."),
    id: z.string().nullable().describe("The vendor's id, where it is known."),
    error: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .describe("Why it was not done; without an outcome: what the last try failed with."),
  })
  .meta({ id: "RecordWrite" });

/** Query of `GET /v1/operation-runs/{id}/records`. */
export const listRecordWritesSchema = pageQuerySchema.extend({ outcome: outcomeSchema.optional() });
