import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import { boundedJson } from "../bounded-json.js";
import type { RfcValue } from "../rfc/rfc-types.js";
import type { SapConnector } from "../sap-connector.js";
import { messagesSchema } from "./messages.js";

const moduleSchema = z
  .string()
  .min(1)
  .max(60)
  .meta({
    description: "Name of a function module that the configuration allows.",
    examples: ["BAPI_SALESORDER_GETLIST"],
  });

const valueSchema: z.ZodType<RfcValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.null(), z.array(valueSchema), z.record(z.string(), valueSchema)]),
);

/** Tables within structures within tables, and rows by the ten thousand. */
const parameterLimits = { maxDepth: 16, maxValues: 1_000_000 } as const;

const parametersSchema = boundedJson(z.record(z.string().min(1).max(60), valueSchema), parameterLimits).meta({
  description: "Parameters by ABAP names: structures are objects, tables are lists of them.",
  examples: [{ CUSTOMER_NUMBER: "0000000042", SALES_ORGANIZATION: "1010" }],
});

const valuesSchema = z.record(z.string(), z.unknown()).describe("What it exports, and every table, by ABAP names.");

/** `rfc.call` */
export const callFunction = defineOperation({
  name: "rfc.call",
  summary: "Calls a function module or BAPI, and commits its work where that is asked for.",
  kind: "write",
  idempotent: false,
  input: z
    .strictObject({
      functionModule: moduleSchema,
      parameters: parametersSchema.default({}),
      commit: z.enum(["none", "session", "wrapper", "auto"]).optional().meta({
        description:
          "Who commits: nobody, for a module that does so itself; the same session, where the system has proved that it keeps sessions; the configured wrapper; whichever of these there is. Needed unless the module only reads.",
      }),
      readOnly: z.boolean().default(false).meta({
        description:
          "Whether the module only reads. Then a lost answer leaves no doubt: the failure is one that may be tried again.",
      }),
    })
    // A BAPI that nobody commits says that it has saved, and has not.
    .refine(({ commit, readOnly }) => readOnly || commit !== undefined, {
      path: ["commit"],
      message: "is needed: auto for a BAPI, none for a module that commits itself. Or say readOnly",
    })
    .refine(({ commit = "none", readOnly }) => !readOnly || commit === "none", {
      path: ["commit"],
      message: "has no place beside readOnly",
    }),
  output: z.strictObject({ values: valuesSchema, messages: messagesSchema }),
  run: async (connector: SapConnector, { functionModule, parameters, commit = "none", readOnly }, { signal }) => {
    const options = { commit, idempotent: readOnly, signal };
    const { values, messages } = await connector.rfc.call(functionModule, parameters, options);
    return { values, messages: [...messages] };
  },
});

/** `rfc.describe` */
export const describeFunction = defineOperation({
  name: "rfc.describe",
  summary: "Tells the parameters of a function module, by its WSDL.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({ functionModule: moduleSchema }),
  output: z.looseObject({}).describe("Parameters in and out, with their types."),
  run: async (connector: SapConnector, { functionModule }, { signal }) => ({
    ...(await connector.rfc.describe(functionModule, signal)),
  }),
});

const rowSchema = z.record(z.string(), z.string()).describe("Values by column, in the system's form.");

/** `rfc.readTable` */
export const readRows = defineOperation({
  name: "rfc.readTable",
  summary: "Reads columns of a table, where the configuration allows RFC_READ_TABLE.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({
    table: z
      .string()
      .min(1)
      .max(30)
      .meta({ description: "Name of the table.", examples: ["KNA1"] }),
    fields: z
      .array(z.string().min(1).max(30))
      .min(1)
      .meta({ description: "Columns, together at most 512 characters wide.", examples: [["KUNNR", "NAME1"]] }),
    where: z
      .array(z.string().max(72))
      .max(100)
      .default([])
      .meta({ description: "Lines of an ABAP condition.", examples: [["LAND1 EQ 'DE'"]] }),
    top: z.int().min(1).max(50_000).default(1_000).meta({ description: "Rows at most." }),
    skip: z.int().min(0).default(0).meta({ description: "Rows that are left out before." }),
  }),
  output: z.strictObject({ rows: z.array(rowSchema) }),
  run: async (connector: SapConnector, { table, ...query }, { signal }) => ({
    rows: [...(await connector.rfc.readTable(table, query, signal))],
  }),
});

const probeSchema = z.strictObject({ functionModule: moduleSchema, parameters: parametersSchema.default({}) });

/** `rfc.proveStatefulSessions` */
export const proveSessions = defineOperation({
  name: "rfc.proveStatefulSessions",
  summary: "Tries whether the system keeps a session over several requests: writes, reads, rolls back, reads again.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    write: probeSchema.meta({ description: "Changes something and does not commit. Nothing of it stays." }),
    read: probeSchema
      .extend({
        evidence: z.string().max(60).optional().meta({
          description: "The parameter that is filled when it is there. Default: it is there when no error comes back.",
        }),
      })
      .meta({ description: "Looks for what `write` changed." }),
  }),
  output: z.strictObject({
    proven: z.boolean().describe('Whether `statefulSessions: "proven"` is true of this system.'),
    steps: z.array(z.strictObject({ name: z.string(), ok: z.boolean() })),
  }),
  run: async (connector: SapConnector, { write, read }, { signal }) => {
    const { functionModule, evidence, parameters } = read;
    const { proven, steps } = await connector.rfc.proveStatefulSessions(
      {
        write: { name: write.functionModule, parameters: write.parameters },
        read: { name: functionModule, parameters, ...(evidence !== undefined && { evidence }) },
      },
      signal,
    );
    return { proven, steps: steps.map((step) => ({ ...step })) };
  },
});
