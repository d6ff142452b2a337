import { z } from "zod";
import { pointerOption } from "./pointer-option.js";

/** What an answer may be said to mean. */
export const mappedErrorCodes = [
  "AUTHENTICATION_FAILED",
  "PERMISSION_DENIED",
  "NOT_FOUND",
  "CONFLICT",
  "RATE_LIMITED",
  "QUOTA_EXHAUSTED",
  "VENDOR_UNAVAILABLE",
  "VENDOR_REJECTED",
  "UNSUPPORTED",
] as const;

const ruleOption = z
  .strictObject({
    status: z
      .array(z.int().min(300).max(599))
      .min(1)
      .optional()
      .meta({ description: "Any of these statuses; left out, any." }),
    code: z
      .array(z.string().min(1).max(200))
      .min(1)
      .optional()
      .meta({ description: "Any of these codes at `codePointer`; left out, any." }),
    error: z
      .enum(mappedErrorCodes)
      .meta({ description: "What it means. AUTHENTICATION_FAILED renews the token once." }),
  })
  .refine((rule) => rule.status !== undefined || rule.code !== undefined, "needs a status or a code");

/** What the API's failures mean. */
export const errorsOption = z
  .strictObject({
    codePointer: pointerOption.optional().meta({
      description: "Where in a failure's body the API's own code is (JSON Pointer).",
      examples: ["/error/code"],
    }),
    messagePointer: pointerOption.optional().meta({
      description:
        "Where its words are. They are shown, shortened and without credentials: leave it out where they quote customers' data.",
      examples: ["/error/message"],
    }),
    rules: z
      .array(ruleOption)
      .max(200)
      .default([])
      .meta({ description: "The first that fits counts; without one, the status does." }),
  })
  .superRefine(({ codePointer, rules }, context) => {
    for (const [index, { code }] of rules.entries()) {
      if (code === undefined || codePointer !== undefined) continue;
      context.addIssue({
        code: "custom",
        path: ["rules", index, "code"],
        message: "needs codePointer, which says where it is",
      });
    }
  })
  .default({ rules: [] })
  .meta({ title: "Errors", description: "What the API's failures mean beyond their status." });

/** The error map as configured. */
export type ErrorConfiguration = z.output<typeof errorsOption>;
/** One row of it. */
export type ErrorRule = z.output<typeof ruleOption>;
