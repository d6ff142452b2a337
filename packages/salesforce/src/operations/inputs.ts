import { z } from "zod";
import { fieldPattern, recordIdPattern, sobjectPattern } from "../names.js";

// The parts that the inputs and outputs of several operations are made of.

export const sobjectSchema = z
  .string()
  .regex(sobjectPattern, "must be the API name of an object, such as Account or Invoice__c")
  .meta({ description: "API name of the object.", examples: ["Account", "Invoice__c"] });

export const idSchema = z
  .string()
  .regex(recordIdPattern, "must be 15 or 18 letters and digits")
  .meta({ description: "Id of the record, 15 or 18 characters.", examples: ["001Dn00000A1b2CIAR"] });

export const fieldSchema = z
  .string()
  .regex(fieldPattern, "must be the API name of a field, such as Name or Owner.Name");

export const recordInputSchema = z
  .record(z.string().regex(fieldPattern, "must be the API name of a field"), z.unknown())
  .meta({
    description: "Fields by their API names, values in Salesforce's JSON types.",
    examples: [{ Name: "Acme", NumberOfEmployees: 12 }],
  });

export const recordSchema = z
  .looseObject({
    attributes: z
      .looseObject({
        type: z.string().describe("API name of the object."),
        url: z.string().optional().describe("Path of the record."),
      })
      .optional()
      .describe("What the record is."),
  })
  .describe("A record: its fields under their API names, in Salesforce's JSON types.");
