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
    includeDeleted: z.boolean().default(false).describe("Whether deleted and archived records are found too."),
    maxChildRecords: z
      .int()
      .min(1)
      .max(50_000)
      .default(10_000)
      .describe("Child records that one list of a subquery may have; lists are never shortened."),
  }),
  output: z.strictObject({
    records: z.array(recordSchema).describe("Every record that was found."),
    totalSize: z.int().nonnegative().describe("How many records were found, or the count of a COUNT() query."),
  }),
  run: (connector: SalesforceConnector, { soql, ...options }, { signal }) =>
    connector.queryAllRecords(soql, { ...options, signal }),
  stream: {
    item: recordSchema,
    run: (connector: SalesforceConnector, { soql, ...options }, { signal }) =>
      connector.query(soql, { ...options, signal }),
  },
});

/** `search` */
export const runSearch = defineOperation({
  name: "search",
  summary: "Runs a SOSL search over several objects: up to 2,000 records.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    sosl: z
      .string()
      .min(1)
      .max(20_000)
      .meta({
        description: "The search. Reserved characters of what is searched for have to be escaped by a backslash.",
        examples: ["FIND {Acme} IN NAME FIELDS RETURNING Account(Id, Name), Contact(Id, LastName)"],
      }),
  }),
  output: z.strictObject({
    records: z.array(recordSchema).describe("What was found; attributes.type tells its object."),
  }),
  run: async (connector: SalesforceConnector, { sosl }, { signal }) => ({
    records: [...(await connector.search(sosl, { signal }))],
  }),
});
