import { ConnectorError, defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { QueryRecord } from "../query.js";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { entitySchema } from "./inputs.js";

const queryRecordSchema = z.looseObject({}).describe("The columns that were selected, amounts as decimal strings.");
const mostRecords = 50_000;

/** `query`: all records at once, or one by one for callers who ask for a stream. */
export const runQuery = defineOperation({
  name: "query",
  summary: "Runs a query of the QuickBooks query language: up to 50,000 records as JSON, any number as NDJSON.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    query: z
      .string()
      .min(1)
      .max(30_000)
      .meta({
        description: "The query, without STARTPOSITION and MAXRESULTS.",
        examples: ["select * from Invoice where Balance > '0' orderby DueDate"],
      }),
  }),
  output: z.strictObject({ records: z.array(queryRecordSchema).describe("Every record that was found.") }),
  run: async (connector: QuickbooksConnector, { query }, { signal }) => {
    const records: QueryRecord[] = [];
    for await (const record of connector.query(query, { signal })) {
      if (records.length === mostRecords) {
        throw new ConnectorError(
          "RESPONSE_TOO_LARGE",
          `The query finds more than ${mostRecords} records: ask for NDJSON.`,
        );
      }
      records.push(record);
    }
    return { records };
  },
  stream: {
    item: queryRecordSchema,
    run: (connector: QuickbooksConnector, { query }, { signal }) => connector.query(query, { signal }),
  },
});

/** `count` */
export const countRecords = defineOperation({
  name: "count",
  summary: "Counts the records of an entity.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    entity: entitySchema,
    where: z
      .string()
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: "A condition of the query language. Default: all.", examples: ["Balance > '0'"] }),
  }),
  output: z.strictObject({ count: z.int().nonnegative() }),
  run: async (connector: QuickbooksConnector, { entity, where }, { signal }) => ({
    count: await connector.count(entity, where, { signal }),
  }),
});
