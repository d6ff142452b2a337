import { z } from "zod";
import { fileReference, systemPath } from "./fields.js";

const typeName = z.string().regex(/^[A-Z0-9_/]{1,30}(\/[A-Z0-9_]{1,30})?$/, "must be a basic type such as ORDERS05");

const text = (length: number, description: string) => z.string().min(1).max(length).describe(description);

/** How IDocs are sent, and what is read when some come. */
export const idocSchema = z
  .strictObject({
    partners: z
      .strictObject({
        SNDPOR: text(10, "Our port."),
        SNDPRT: text(2, "Our partner type. Default LS.").optional(),
        SNDPRN: text(10, "Our partner number: the logical system that stands for us."),
        RCVPOR: text(10, "The system's port: SAP and its id."),
        RCVPRT: text(2, "The system's partner type. Default LS.").optional(),
        RCVPRN: text(10, "The system's partner number: its logical system."),
      })
      .optional()
      .meta({ title: "Partners", description: "Who sends to whom, as the system knows them (WE20). Needed to send." }),
    paths: z
      .strictObject({ xml: systemPath.optional(), soap: systemPath.optional(), plain: systemPath.optional() })
      .default({})
      .meta({
        title: "Addresses",
        description: "Default: /sap/bc/idoc_xml and /sap/bc/srt/idoc; for plain there is none in SAP's standard.",
      }),
    xmlContentType: z.string().min(1).max(200).optional().meta({
      title: "Content type",
      description: "Of IDoc XML. Default text/xml; charset=utf-8.",
    }),
    schemas: z.record(typeName, z.string().max(8_000_000)).default({}).meta({
      title: "Schemas",
      description:
        "XSD of a type as SAP exports it (WE60), by basic type or basic type/extension. Checked before sending.",
    }),
    entities: z
      .record(
        z
          .string()
          .max(100)
          .regex(/^[A-Z0-9_/]*[A-Z0-9_]$/, "must be a message type, alone or with a slash and a basic type"),
        z
          .string()
          .max(264)
          .regex(/^[a-z][a-z0-9-]{0,62}\/[^/]+$/, "must be the name of an OData service, a slash, and an entity set"),
      )
      .default({})
      .meta({
        title: "Entities",
        description:
          "By message type of IDocs that come, or message type/basic type: the entity whose changes are read then.",
        examples: [{ DEBMAS: "business-partners/A_Customer", "MATMAS/MATMAS05": "products/A_Product" }],
      }),
    schemaFiles: z.record(typeName, fileReference).default({}).meta({
      title: "Schema files",
      description: "The same as names of files in the operator's folder.",
    }),
  })
  .prefault({})
  .meta({ title: "IDocs" });

/** Validated settings of IDocs. */
export type IdocSettings = z.output<typeof idocSchema>;
