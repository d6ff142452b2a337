import { z } from "zod";
import { origin, systemPath } from "./fields.js";

const changesSchema = z.strictObject({
  timestamp: z.string().min(1).max(200).optional().meta({
    title: "Timestamp",
    description: "Property that tells when a record last changed. Finds no deletions.",
  }),
  tracksChanges: z.boolean().optional().meta({
    title: "Tracks changes",
    description: "Whether to ask for delta links. Default: what the metadata says.",
  }),
});

const serviceSchema = z.strictObject({
  path: systemPath.meta({
    title: "Path",
    description: "Root of the service. Which OData it speaks, its metadata tells.",
    examples: ["/sap/opu/odata/sap/API_BUSINESS_PARTNER"],
  }),
  updateMethod: z.enum(["PATCH", "MERGE", "tunnelled-merge"]).optional().meta({
    title: "Update method",
    description: "How a part of a record is changed. Default: MERGE in v2, PATCH in v4.",
  }),
  repeatableRequests: z.boolean().default(false).meta({
    title: "Repeatable requests",
    description:
      "Whether the system remembers `RequestID`s, so that a create whose answer was lost is sent again safely.",
  }),
  alsoKnownAs: z.array(origin).max(10).default([]).meta({
    title: "Other addresses",
    description: "Origins by which the system calls itself in links, such as its own name behind a proxy.",
  }),
  changes: z.record(z.string().min(1).max(200), changesSchema).default({}).meta({
    title: "Changes",
    description: "By entity set: how its changes are found where the service does not tell them itself.",
  }),
});

/** The OData services of a system, by the names that callers use. */
export const odataSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and dashes"), serviceSchema)
  .default({})
  .meta({ title: "OData services", description: "By a name of your own, which operations take." });

/** One service. */
export type ODataServiceSettings = z.output<typeof serviceSchema>;
