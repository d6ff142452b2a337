import { defineOperation, OutcomeUnknownError } from "@isthmus/core";
import { z } from "zod";
import type { BatchResult } from "../odata/client/batch-items.js";
import { changeset } from "../odata/client/batch-items.js";
import type { ODataCall } from "../odata/client/call.js";
import type { ODataService } from "../odata/client/odata-service.js";
import type { ODataWritten } from "../odata/client/results.js";
import type { SapConnector } from "../sap-connector.js";
import { ifMatchSchema, keySchema, recordInputSchema, serviceSchema, setSchema } from "./odata-inputs.js";

const changeSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("create"), entitySet: setSchema, record: recordInputSchema }),
  z.strictObject({
    do: z.literal("update"),
    entitySet: setSchema,
    key: keySchema,
    record: recordInputSchema,
    ifMatch: ifMatchSchema,
  }),
  z.strictObject({ do: z.literal("delete"), entitySet: setSchema, key: keySchema, ifMatch: ifMatchSchema }),
]);

const itemSchema = z.union([
  changeSchema,
  z.strictObject({ do: z.literal("retrieve"), entitySet: setSchema, key: keySchema }),
  z.strictObject({ changeset: z.array(changeSchema).min(1) }).describe("Changes that happen all or not at all."),
]);

const resultSchema = z.strictObject({
  ok: z.boolean(),
  record: z.looseObject({}).optional(),
  etag: z.string().optional(),
  error: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      retryable: z.boolean(),
      reconcile: z.string().optional().describe("How to look up the result of a write whose outcome is unknown."),
    })
    .optional()
    .describe("What the same call alone would have failed with."),
});

type Change = z.output<typeof changeSchema>;

/** `odata.batch` */
export const runBatch = defineOperation({
  name: "odata.batch",
  summary: "Runs up to 1,000 calls in one request, change sets among them. A call that failed is a result.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    service: serviceSchema,
    items: z.array(itemSchema).min(1).max(1_000),
    format: z.enum(["multipart", "json"]).default("multipart").meta({
      description: "`json` is of v4, and of newer services.",
    }),
  }),
  output: z.strictObject({
    results: z
      .array(z.union([resultSchema, z.array(resultSchema)]))
      .describe("One for each item; of a change set, one for each of its changes."),
  }),
  run: async (connector: SapConnector, { service, items, format }, { signal }) => {
    const opened = await connector.odata(service);
    const calls = items.map((item) => {
      if ("changeset" in item) return changeset(...item.changeset.map((change) => toCall(opened, change)));
      return item.do === "retrieve" ? opened.calls.read(item.entitySet, item.key) : toCall(opened, item);
    });
    const results: readonly (BatchResult | readonly BatchResult[])[] = await opened.batch(calls, { format, signal });
    return { results: results.map((result) => ("ok" in result ? toResult(result) : result.map(toResult))) };
  },
});

function toCall({ calls }: ODataService, change: Change): ODataCall {
  const set = change.entitySet;
  if (change.do === "create") return calls.create(set, change.record);
  const { key, ifMatch } = change;
  const options = ifMatch === undefined ? {} : { ifMatch };
  return change.do === "delete"
    ? calls.delete({ set, key }, options)
    : calls.update({ set, key }, change.record, options);
}

function toResult(result: BatchResult): z.output<typeof resultSchema> {
  if (!result.ok) {
    const { code, message, retryable } = result.error;
    const reconcile = result.error instanceof OutcomeUnknownError && { reconcile: result.error.reconcile };
    return { ok: false, error: { code, message, retryable, ...reconcile } };
  }
  const { record, etag } = result.value as Partial<ODataWritten>;
  return { ok: true, ...(record && { record: { ...record } }), ...(etag !== undefined && { etag }) };
}
