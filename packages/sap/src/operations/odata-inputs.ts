import { z } from "zod";
import { querySchema } from "../odata/query/query.js";

// The parts that the inputs and outputs of the OData operations are made of.

export const serviceSchema = z
  .string()
  .min(1)
  .max(63)
  .meta({ description: "Name of an OData service in the configuration.", examples: ["business-partners"] });

export const setSchema = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: "Name of the entity set.", examples: ["A_BusinessPartner"] });

export const keySchema = z
  .union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown())])
  .meta({ description: "Value of the key, or all key properties by name.", examples: ["1000000"] });

export const recordInputSchema = z.record(z.string().min(1).max(200), z.unknown()).meta({
  description:
    "Properties by SAP's names; Decimal and Int64 as text, dates in ISO 8601. Lists of records below are created too.",
});

export const recordSchema = z
  .looseObject({})
  .describe("Properties by SAP's names; Decimal and Int64 as text, dates in ISO 8601.");

export const etagSchema = z.string().describe("Version of the record, for a later change of it.");

export const ifMatchSchema = z.string().min(1).max(1_000).optional().meta({
  description:
    "ETag of the record as it was read; `*` overwrites whatever is there. Needed where the service keeps versions.",
});

export const querySchemaWithDocs = querySchema.meta({
  description: "What is asked for: filter, select, expand, orderBy, top, skip, count, search.",
  examples: [{ filter: { field: "BusinessPartnerCategory", eq: "2" }, select: ["BusinessPartner"], top: 10 }],
});

export const shapeSchema = z.strictObject({
  select: z.array(z.string().min(1).max(512)).min(1).optional(),
  expand: z.array(z.string().min(1).max(512)).optional(),
});
