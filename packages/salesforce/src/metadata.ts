import { ConnectorError } from "@isthmus/core";
import { z } from "zod";

// What this package reads is named; everything else that Salesforce tells passes through, and it tells more each release.

const sobjectFacts = {
  name: z.string().describe("API name, such as Account or Invoice__c."),
  label: z.string().describe("Name for people."),
  custom: z.boolean().describe("Whether the organisation made it."),
  queryable: z.boolean().describe("Whether it can be queried."),
  retrieveable: z.boolean().describe("Whether records can be read by id."),
  createable: z.boolean().describe("Whether the user may create records."),
  updateable: z.boolean().describe("Whether the user may change records."),
  deletable: z.boolean().describe("Whether the user may delete records."),
};

const fieldSchema = z.looseObject({
  name: z.string().describe("API name."),
  label: z.string().describe("Name for people."),
  type: z.string().describe("Salesforce's type, such as string, picklist or reference."),
  length: z.number().describe("Longest text, in characters; 0 for other types."),
  nillable: z.boolean().describe("Whether it may be empty."),
  defaultedOnCreate: z.boolean().describe("Whether Salesforce fills it in on create."),
  createable: z.boolean().describe("Whether the user may set it on create."),
  updateable: z.boolean().describe("Whether the user may change it."),
  unique: z.boolean().describe("Whether no two records share a value."),
  externalId: z.boolean().describe("Whether records can be addressed by it."),
  referenceTo: z.array(z.string()).nullish().describe("Objects that it points to."),
  picklistValues: z
    .array(z.looseObject({ value: z.string(), active: z.boolean() }))
    .nullish()
    .describe("Its choices."),
});

/** Everything that Salesforce tells of one object. */
export const describeSchema = z.looseObject({ ...sobjectFacts, fields: z.array(fieldSchema).describe("Its fields.") });

/** Every object, briefly. */
export const describeGlobalSchema = z.looseObject({ sobjects: z.array(z.looseObject(sobjectFacts)) });

/** Limits by name. */
export const limitsSchema = z.record(
  z.string(),
  z.looseObject({ Max: z.number().describe("The limit."), Remaining: z.number().describe("What is left of it.") }),
);

/** API versions that an organisation answers. */
export const versionsSchema = z.array(z.looseObject({ version: z.string(), label: z.string(), url: z.string() }));

/** The description of an object: what is named here, and everything else that Salesforce tells. */
export type DescribeResult = z.output<typeof describeSchema>;
/** One field of a {@link DescribeResult}. */
export type DescribedField = DescribeResult["fields"][number];
/** The description of all objects. */
export type DescribeGlobalResult = z.output<typeof describeGlobalSchema>;
/** One object of a {@link DescribeGlobalResult}. */
export type DescribedSobject = DescribeGlobalResult["sobjects"][number];
/** The organisation's limits by name, such as `DailyApiRequests`. */
export type Limits = z.output<typeof limitsSchema>;
/** One API version. */
export type ApiVersion = z.output<typeof versionsSchema>[number];

/**
 * Proves what came through jsforce, which hands a body that is no JSON over as text.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE`
 */
export function parseMetadata<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join(".") ?? "";
  const where = path === "" ? "" : ` (at ${path})`;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `Salesforce answered with something that is not ${what}${where}.`);
}
