import { z } from "zod";

/** What SAP said beside a result. */
export const messagesSchema = z
  .array(
    z.strictObject({
      severity: z.enum(["error", "warning", "information", "success"]),
      code: z.string().optional().describe("Message class and number: `V1/311`."),
      message: z.string().describe("In the language of the logon."),
      field: z.string().optional().describe("Name of the field that it is about."),
    }),
  )
  .describe("What SAP said beside the result.");
