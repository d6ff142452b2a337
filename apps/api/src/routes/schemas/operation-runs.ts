import { z } from "zod";
import { idSchema, instantSchema, pageQuerySchema } from "./common.js";

const statusSchema = z.enum(["starting", "running", "cancelling", "succeeded", "failed", "cancelled"]);

/** A run as it is answered. */
export const operationRunSchema = z
  .object({
    id: z.uuid(),
    connectorId: z.uuid(),
    operation: z.string(),
    status: statusSchema.describe("It goes on while it is `starting`, `running` or `cancelling`."),
    progress: z
      .object({
        processed: z.int().describe("Records that the vendor is done with, those that it refused included."),
        failed: z.int().describe("Those of them that it refused."),
        total: z.int().nullable().describe("Records that there are to do; null while that is not known."),
      })
      .describe("As the vendor told at the last look."),
    error: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .describe("What ended the run; while it runs, what the last look at the vendor failed with."),
    output: z
      .unknown()
      .optional()
      .describe("As the operation's schema says. Only of a run that has succeeded, read alone."),
    createdBy: z.uuid(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: "OperationRun", description: "Work of a bulk operation that outlives the request that began it." });

/** Query of `GET /v1/operation-runs`. */
export const listOperationRunsSchema = pageQuerySchema.extend({
  connectorId: idSchema.optional().describe("Only runs of this connector."),
  status: statusSchema.optional(),
});
