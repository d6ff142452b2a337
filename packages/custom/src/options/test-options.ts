import { z } from "zod";
import { pointerOption } from "./pointer-option.js";
import { headersOption, pathOption, queryOption } from "./request-options.js";

/** The request that proves a connection. */
export const testOption = z
  .strictObject({
    path: pathOption.optional(),
    query: queryOption,
    headers: headersOption,
    operation: z.string().optional().meta({ description: "Name of a read operation, in place of `path`." }),
    input: z.record(z.string(), z.unknown()).optional().meta({ description: "Its input." }),
    accountId: pointerOption.optional().meta({
      description: "Where in the answer the account's id is (JSON Pointer). Default: the base address stands for it.",
      examples: ["/id"],
    }),
    accountName: pointerOption
      .optional()
      .meta({ description: "Where its name is. Default: the id.", examples: ["/company/name"] }),
    user: pointerOption.optional().meta({ description: "Where the user that we act as is.", examples: ["/email"] }),
    environment: z
      .enum(["production", "sandbox", "unknown"])
      .default("unknown")
      .meta({ description: "What kind of account it is." }),
  })
  .superRefine((test, context) => {
    if ((test.path === undefined) !== (test.operation === undefined)) {
      if (test.operation === undefined && test.input !== undefined) {
        context.addIssue({ code: "custom", path: ["input"], message: "is for an operation" });
      }
      return;
    }
    context.addIssue({ code: "custom", path: ["path"], message: "either path or operation is needed, and not both" });
  })
  .meta({ title: "Connection test", description: "A request that proves the connection and names the account." });

/** The test request as configured. */
export type TestConfiguration = z.output<typeof testOption>;
