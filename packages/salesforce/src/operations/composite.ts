import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { SubrequestResult } from "../composite/results.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { idSchema, recordInputSchema, sobjectSchema } from "./inputs.js";
import { itemErrorSchema, toItemError } from "./results.js";

const callShape = {
  method: z.enum(["GET", "POST", "PATCH", "PUT", "DELETE"]),
  path: z
    .string()
    .min(1)
    .max(20_000)
    .meta({
      description: "Path below the API version.",
      examples: ["/sobjects/Account", "/sobjects/Account/@{account.id}"],
    }),
  body: recordInputSchema.optional(),
};

const referenceIdSchema = z
  .string()
  .regex(/^[A-Za-z]\w{0,79}$/, "must be letters, digits and underscores, a letter first")
  .meta({ description: "What later calls and the results call it by.", examples: ["account"] });

const subrequestSchema = z.strictObject({
  referenceId: referenceIdSchema,
  ...callShape,
  headers: z
    .record(z.string().regex(/^[\w-]+$/), z.string())
    .optional()
    .describe("Headers of this call alone."),
});

const subresultSchema = z.strictObject({
  referenceId: z.string(),
  status: z.int().describe("HTTP status of the call; 0 where the answer leaves it out."),
  body: z.unknown().describe("What the call was answered; null for an empty answer and for a failure."),
  error: itemErrorSchema.optional().describe("What the call on its own would have failed with."),
  halted: z.boolean().describe("Whether it was taken back, or never begun, because another one failed."),
});

const resultsSchema = z.array(subresultSchema).describe("What became of each call, in their order.");

/** `composite.send` */
export const sendComposite = defineOperation({
  name: "composite.send",
  summary: "Runs up to 25 calls one after the other; each may use what those before it were answered.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    requests: z.array(subrequestSchema).min(1).max(25).describe("The calls, in their order."),
    allOrNone: z.boolean().default(false).describe("Whether one failed call takes all others back."),
  }),
  output: z.strictObject({ results: resultsSchema }),
  run: async (connector: SalesforceConnector, { requests, allOrNone }, { signal }) => ({
    results: toOutput(await connector.composite.send(requests, { allOrNone, signal })),
  }),
});

/** `composite.batch` */
export const sendBatch = defineOperation({
  name: "composite.batch",
  summary: "Runs up to 25 calls that have nothing to do with each other; nothing is taken back.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    requests: z.array(z.strictObject(callShape)).min(1).max(25).describe("The calls, in their order."),
    haltOnError: z.boolean().default(false).describe("Whether the calls after a failed one are left out."),
  }),
  output: z.strictObject({ results: resultsSchema }),
  run: async (connector: SalesforceConnector, { requests, haltOnError }, { signal }) => ({
    results: toOutput(await connector.composite.batch(requests, { haltOnError, signal })),
  }),
});

/** `composite.graph` */
export const sendGraphs = defineOperation({
  name: "composite.graph",
  summary: "Runs up to 75 graphs of calls, 500 calls in all; each graph is done as a whole or not at all.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    graphs: z
      .array(
        z.strictObject({
          graphId: z.string().min(1).max(80).describe("What its result calls it by."),
          requests: z.array(subrequestSchema).min(1).max(500).describe("Its calls, in their order."),
        }),
      )
      .min(1)
      .max(75)
      .describe("The graphs."),
  }),
  output: z.strictObject({
    graphs: z
      .array(
        z.strictObject({
          graphId: z.string().describe("As the input has it."),
          successful: z.boolean().describe("Whether all of it was done; otherwise none of it was."),
          results: resultsSchema,
        }),
      )
      .describe("What became of each graph."),
  }),
  run: async (connector: SalesforceConnector, { graphs }, { signal }) => {
    const results = await connector.composite.graph(graphs, { signal });
    return { graphs: results.map((graph) => ({ ...graph, results: toOutput(graph.results) })) };
  },
});

/** `composite.tree` */
export const createTree = defineOperation({
  name: "composite.tree",
  summary: "Creates records with the records below them, up to 200 in all: all of them or none.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    sobject: sobjectSchema,
    records: z
      .array(recordInputSchema)
      .min(1)
      .max(200)
      .meta({
        description:
          "Records of the object. A list in a field named as the relationship is created below, each record of it with attributes.type.",
        examples: [[{ Name: "Acme", Contacts: [{ attributes: { type: "Contact" }, LastName: "Lee" }] }]],
      }),
  }),
  output: z.strictObject({
    results: z
      .array(
        z.strictObject({
          referenceId: z.string(),
          id: idSchema.optional(),
          error: itemErrorSchema.optional(),
          halted: z.boolean().describe("Whether it was not created because another one failed."),
        }),
      )
      .describe("One for each record: a record, then those below it."),
  }),
  run: async (connector: SalesforceConnector, { sobject, records }, { signal }) => {
    const results = await connector.composite.tree(sobject, records, { signal });
    return {
      results: results.map(({ error, ...known }) => ({ ...known, ...(error && { error: toItemError(error) }) })),
    };
  },
});

function toOutput(results: readonly SubrequestResult[]): z.output<typeof resultsSchema> {
  return results.map(({ error, ...known }) => ({ ...known, ...(error && { error: toItemError(error) }) }));
}
