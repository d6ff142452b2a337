import { authenticationMethods } from "@isthmus/core";
import { z } from "zod";

/** A JSON Schema (2020-12). */
export const jsonSchemaSchema = z.record(z.string(), z.unknown()).describe("A JSON Schema, 2020-12.");

/** An operation as it is described. */
export const operationSchema = z
  .object({
    name: z.string(),
    summary: z.string(),
    kind: z.enum(["read", "write", "stream", "bulk"]),
    idempotent: z.boolean().describe("Whether calling it twice has the effect of calling it once."),
    takesIdempotencyKey: z
      .boolean()
      .describe(
        "Whether the vendor knows a repetition, so that a request with an Idempotency-Key can be done again after a crash. Of some operations only with certain input.",
      ),
    consumes: z
      .string()
      .describe(
        "Media type of the body, or a range. Where it is not JSON, the body is the bytes, and each property of inputSchema is a query parameter: text as it is, everything else as JSON.",
      ),
    produces: z
      .array(z.string())
      .describe("Media types of the output, or a range where only the answer tells; NDJSON has one item a line."),
    inputSchema: jsonSchemaSchema,
    outputSchema: jsonSchemaSchema,
    itemSchema: jsonSchemaSchema.optional().describe("One line of NDJSON."),
  })
  .meta({ id: "Operation" });

/** An installed type as lists show it. */
export const connectorTypeSummarySchema = z
  .object({
    type: z.string(),
    displayName: z.string(),
    version: z.string().describe("Of the connector package."),
    authenticationMethods: z.array(z.enum(authenticationMethods)),
  })
  .meta({ id: "ConnectorTypeSummary" });

/** An installed type with everything that a form needs. */
export const connectorTypeSchema = connectorTypeSummarySchema
  .extend({
    schemes: z.array(
      z.object({
        method: z.enum(authenticationMethods),
        title: z.string(),
        credentialsSchema: jsonSchemaSchema,
      }),
    ),
    configurationSchema: jsonSchemaSchema,
    externalSystemUrlField: z
      .string()
      .nullable()
      .describe("The configuration field that externalSystemUrl is the value of; null: the address never varies."),
    operations: z.array(operationSchema),
  })
  .meta({ id: "ConnectorType" });
