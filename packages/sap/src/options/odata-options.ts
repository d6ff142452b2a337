import { z } from "zod";
import { systemPath } from "./fields.js";

const changesSchema = z.record(
  z.string().min(1),
  z.strictObject({
    timestamp: z.string().min(1).describe("Property that tells when an entity last changed."),
  }),
);

const serviceSchema = z.strictObject({
  path: systemPath.meta({
    title: "Path",
    description: "Root of the service.",
    examples: ["/sap/opu/odata/sap/API_BUSINESS_PARTNER"],
  }),
  version: z.enum(["v2", "v4"]).default("v2").meta({ title: "Version", description: "Which OData it speaks." }),
  updateMethod: z.enum(["PATCH", "MERGE"]).optional().meta({
    title: "Update method",
    description: "How a part of an entity is changed. Default: MERGE in v2, PATCH in v4.",
  }),
  repeatableRequests: z.boolean().default(false).meta({
    title: "Repeatable requests",
    description:
      "Whether the system remembers `RequestID`s, so that a create whose answer was lost is sent again safely.",
  }),
  changes: changesSchema.default({}).meta({
    title: "Changes",
    description: "How changes of an entity set are found where the service does not track them.",
  }),
});

/** The OData services of a system, by the names that callers use. */
export const odataSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and dashes"), serviceSchema)
  .default({})
  .meta({ title: "OData services", description: "By a name of your own, which operations take." });

/** One service. */
export type ODataServiceSettings = z.output<typeof serviceSchema>;
