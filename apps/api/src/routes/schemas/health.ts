import { z } from "zod";
import { instantSchema } from "./common.js";

const states = ["healthy", "degraded", "failing", "reconnect_required"] as const;

/** How a connector is, as it is answered. */
export const connectorHealthSchema = z
  .object({
    state: z
      .enum([...states, "unknown"])
      .describe("`unknown`: nobody has looked at it yet, or it is not connected and was not called."),
    since: instantSchema.nullable(),
    reasons: z
      .array(z.object({ state: z.enum(states), code: z.string(), detail: z.string() }))
      .describe("Why it is not healthy, the worst first."),
    lastSuccessAt: instantSchema.nullable().describe("Of a call or a sync."),
    lastFailure: z.object({ at: instantSchema, code: z.string() }).nullable(),
    calls: z
      .object({ succeeded: z.number(), failed: z.number(), errorRate: z.number().nullable() })
      .describe("Of the last 15 minutes. What the vendor refused because of what was asked counts as succeeded."),
    token: z.object({ status: z.string(), expiresAt: instantSchema.nullable(), failedRenewals: z.number() }).nullable(),
    limits: z
      .array(z.object({ name: z.string(), used: z.number(), max: z.number(), at: instantSchema }))
      .describe("What the vendor said last of its limits."),
    lateSeconds: z.number().describe("By how much a schedule is late, at the most."),
    checkedAt: instantSchema.nullable(),
  })
  .meta({ id: "ConnectorHealth" });
