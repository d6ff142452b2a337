import { z } from "zod";

const timeoutMs = (description: string) => z.int().positive().max(600_000).optional().describe(description);

/** What the API bears, and what is waited for. */
export const limitsOption = z
  .strictObject({
    concurrency: z.int().min(1).max(100).default(5).meta({ description: "Requests at work at once." }),
    ratePerSecond: z
      .number()
      .positive()
      .max(1_000)
      .optional()
      .meta({ description: "Requests each second. Default: no limit." }),
    timeouts: z
      .strictObject({
        connectMs: timeoutMs("Until the connection stands, in milliseconds. Default 10 000."),
        headersMs: timeoutMs("Until the API begins to answer, in milliseconds. Default 30 000."),
        bodyMs: timeoutMs("Between two pieces of an answer, in milliseconds. Default 30 000."),
      })
      .default({})
      .meta({ description: "How long is waited." }),
    maxResponseBytes: z
      .int()
      .min(1_024)
      .max(67_108_864)
      .default(33_554_432)
      .meta({ description: "Largest answer, in bytes." }),
  })
  .prefault({})
  .meta({ title: "Limits", description: "What the API bears, and how long is waited for it." });
