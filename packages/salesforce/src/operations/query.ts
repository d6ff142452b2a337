import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { recordSchema } from "./inputs.js";

/** `query`: all records at once, or one by one for callers who ask for a stream. */
export const runQuery = defineOperation({
  name: "query",
  summary: "Runs a SOQL query: up to 50,000 records as JSON, any number as NDJSON.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    soql: z
      .string()
      .min(1)
      .max(100_000)
      .meta({ description: "The query.", examples: ["SELECT Id, Name FROM Account ORDER BY Name LIMIT 10"] }),
  }),
  output: z.strictObject({
    records: z.array(recordSchema).describe("Every record that was found."),
    totalSize: z.int().nonnegative().describe("How many records were found, or the count of a COUNT() query."),
  }),
  run: (connector: SalesforceConnector, { soql }, { signal }) => connector.queryAllRecords(soql, { signal }),
  stream: {
    item: recordSchema,
    run: (connector: SalesforceConnector, { soql }, { signal }) => connector.query(soql, { signal }),
  },
});
