import type { z } from "zod";
import { ConnectorError, toValidationIssues } from "../errors/index.js";
import type { TransportResponse } from "../http/index.js";

/**
 * The JSON of a vendor's answer, proven by a schema. Keep the schema loose: vendors add fields freely.
 *
 * @param what - Names what was expected, for the message: "an invoice".
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no JSON or something else; names the fields, never a value.
 */
export function readAnswer<Schema extends z.ZodType>(
  response: TransportResponse,
  schema: Schema,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(response.json(), { reportInput: false });
  if (result.success) return result.data;
  const fields = toValidationIssues(result.error.issues).map(({ path }) => path || "the whole of it");
  throw new ConnectorError("UNEXPECTED_RESPONSE", `The vendor's answer is not ${what}: look at ${fields.join(", ")}.`, {
    vendor: { status: response.status },
  });
}
