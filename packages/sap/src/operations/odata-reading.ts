import { ConnectorError, defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { SapConnector } from "../sap-connector.js";
import { messagesSchema } from "./messages.js";
import {
  etagSchema,
  keySchema,
  querySchemaWithDocs,
  recordSchema,
  serviceSchema,
  setSchema,
  shapeSchema,
} from "./odata-inputs.js";

const mostRecords = 50_000;

const queryInput = z.strictObject({
  service: serviceSchema,
  entitySet: setSchema,
  query: querySchemaWithDocs.default({}),
});

async function* records(
  connector: SapConnector,
  { service, entitySet, query }: z.output<typeof queryInput>,
  signal: AbortSignal,
) {
  const opened = await connector.odata(service);
  for await (const { record } of opened.query(entitySet, query, { signal })) yield { ...record };
}

/** `odata.query`: all records at once, or one by one for callers who ask for a stream. */
export const queryEntities = defineOperation({
  name: "odata.query",
  summary: "Finds the records of an entity set: up to 50,000 as JSON, any number as NDJSON.",
  kind: "read",
  idempotent: true,
  input: queryInput,
  output: z.strictObject({ records: z.array(recordSchema).describe("Every record that was found.") }),
  run: async (connector: SapConnector, input, { signal }) => {
    const found: Record<string, unknown>[] = [];
    for await (const record of records(connector, input, signal)) {
      if (found.length === mostRecords) {
        throw new ConnectorError(
          "RESPONSE_TOO_LARGE",
          `The query finds more than ${mostRecords} records: ask for NDJSON.`,
        );
      }
      found.push(record);
    }
    return { records: found };
  },
  stream: {
    item: recordSchema,
    run: (connector: SapConnector, input, { signal }) => records(connector, input, signal),
  },
});

/** `odata.count` */
export const countEntities = defineOperation({
  name: "odata.count",
  summary: "Counts the records of an entity set that a query finds.",
  kind: "read",
  idempotent: true,
  input: queryInput,
  output: z.strictObject({ count: z.int().nonnegative() }),
  run: async (connector: SapConnector, { service, entitySet, query }, { signal }) => ({
    count: await (await connector.odata(service)).count(entitySet, query, { signal }),
  }),
});

/** `odata.retrieve` */
export const retrieveEntity = defineOperation({
  name: "odata.retrieve",
  summary: "Reads a record by its key.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({ service: serviceSchema, entitySet: setSchema, key: keySchema, ...shapeSchema.shape }),
  output: z.strictObject({ record: recordSchema, etag: etagSchema.optional(), messages: messagesSchema }),
  run: async (connector: SapConnector, { service, entitySet, key, select, expand }, { signal }) => {
    const opened = await connector.odata(service);
    const options = { ...(select && { select }), ...(expand && { expand }), signal };
    const { record, etag, messages } = await opened.read(entitySet, key, options);
    return { record: { ...record }, ...(etag !== undefined && { etag }), messages: [...messages] };
  },
});
