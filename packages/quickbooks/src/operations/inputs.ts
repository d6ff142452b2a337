import { z } from "zod";
import { type EntityName, entityNames } from "../entities/traits.js";
import { recordIdPattern } from "../records.js";

// The parts that the inputs and outputs of several operations are made of.

export const entitySchema = z
  .enum(entityNames as [EntityName, ...EntityName[]])
  .meta({ description: "Name of the entity.", examples: ["Invoice"] });

export const idSchema = z
  .string()
  .regex(recordIdPattern, "must be the Id of a record")
  .meta({ description: "Id of the record.", examples: ["145"] });

export const recordInputSchema = z.record(z.string().min(1).max(100), z.unknown()).meta({
  description: "Fields by Intuit's names. Amounts are decimal strings.",
  examples: [{ DisplayName: "Acme", PrimaryEmailAddr: { Address: "office@acme.example" } }],
});

export const referenceSchema = z.looseObject({ Id: idSchema, SyncToken: z.string().optional() }).meta({
  description: "Id, and SyncToken where the record must not have been changed meanwhile.",
  examples: [{ Id: "145" }],
});

export const recordSchema = z
  .looseObject({
    Id: z.string().describe("Id of the record."),
    SyncToken: z.string().optional().describe("Counts its changes."),
  })
  .describe("A record: its fields under Intuit's names, amounts as decimal strings.");
