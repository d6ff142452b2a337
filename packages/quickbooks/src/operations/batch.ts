import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { entitySchema, recordInputSchema } from "./inputs.js";
import { writeOptions } from "./records.js";

const itemSchema = z.discriminatedUnion("operation", [
  z.strictObject({
    operation: z.enum(["create", "update", "sparse_update", "delete", "void"]),
    entity: entitySchema,
    record: recordInputSchema,
  }),
  z.strictObject({ operation: z.literal("query"), query: z.string().min(1).max(30_000) }),
]);

const resultSchema = z.discriminatedUnion("ok", [
  z.strictObject({
    ok: z.literal(true),
    record: z.looseObject({}).optional().describe("What a write made of the record."),
    records: z.array(z.looseObject({})).optional().describe("What a query found."),
  }),
  z.strictObject({
    ok: z.literal(false),
    code: z.string().describe("Error code."),
    message: z.string(),
    retryable: z.boolean(),
    vendorCode: z.string().optional().describe("Intuit's own code."),
  }),
]);

/** `batch` */
export const runBatch = defineOperation({
  name: "batch",
  summary: "Runs many things, 30 to a request of Intuit's; a result for each, in their order.",
  kind: "write",
  idempotent: false,
  takesIdempotencyKey: true,
  input: z.strictObject({ items: z.array(itemSchema).min(1).max(3_000) }),
  output: z.strictObject({ results: z.array(resultSchema) }),
  run: async (connector: QuickbooksConnector, { items }, call) => {
    const results = await connector.batch(items, writeOptions(call));
    return {
      results: results.map((result) => {
        if (result.ok) {
          return "records" in result
            ? { ok: true as const, records: result.records.map((record) => ({ ...record })) }
            : { ok: true as const, record: { ...result.record } };
        }
        const { code, message, retryable, vendor } = result.error;
        const vendorCode = vendor?.code;
        return { ok: false as const, code, message, retryable, ...(vendorCode !== undefined && { vendorCode }) };
      }),
    };
  },
});
