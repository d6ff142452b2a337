import type { ConnectorError } from "@isthmus/core";
import { z } from "zod";

/** Why one item of many failed. */
export const itemErrorSchema = z.strictObject({
  code: z.string().describe("Error code, as the same call on its own would have failed with."),
  message: z.string(),
  retryable: z.boolean().describe("Whether sending the item again may help and does no harm."),
  vendorCode: z.string().optional().describe("Salesforce's own code."),
  fields: z.array(z.string()).optional().describe("Names of the fields that Salesforce complains of."),
});

/** An error as one item's result. */
export function toItemError({ code, message, retryable, vendor }: ConnectorError): z.output<typeof itemErrorSchema> {
  const { code: vendorCode, fields } = vendor ?? {};
  return {
    code,
    message,
    retryable,
    ...(vendorCode !== undefined && { vendorCode }),
    ...(fields !== undefined && { fields: [...fields] }),
  };
}
