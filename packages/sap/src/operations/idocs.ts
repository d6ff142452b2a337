import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import { boundedJson } from "../bounded-json.js";
import { controlFields } from "../idoc/control-record.js";
import { type IdocSegmentDraft, maxSegmentLevels } from "../idoc/idoc.js";
import { idocForms } from "../idoc/send/send-options.js";
import type { SapConnector } from "../sap-connector.js";

const fieldSchema = (length: number) => z.string().max(length).optional();

const controlSchema = z
  .strictObject(Object.fromEntries(Object.entries(controlFields).map(([name, length]) => [name, fieldSchema(length)])))
  .and(z.looseObject({ IDOCTYP: z.string().min(1), MESTYP: z.string().min(1) }))
  .meta({
    description: "Control record (EDI_DC40). What it leaves out is filled in.",
    examples: [{ IDOCTYP: "ORDERS05", MESTYP: "ORDERS" }],
  });

const segmentSchema: z.ZodType<IdocSegmentDraft> = z.lazy(() =>
  z.strictObject({
    name: z.string().min(1).max(30),
    fields: z.record(z.string().min(1).max(30), z.string()).optional(),
    segments: z.array(segmentSchema).optional(),
  }),
);

/** `idocs.send` */
export const sendIdocs = defineOperation({
  name: "idocs.send",
  summary: "Sends IDocs. They are stored then; whether they are posted is told by idocs.status.",
  kind: "write",
  idempotent: false,
  // By the message id that is made of `key`: the same input is the same transmission.
  takesIdempotencyKey: true,
  takesKeyWith: ({ form, exactlyOnce }) => exactlyOnce && form === "soap",
  input: z.strictObject({
    idocs: boundedJson(
      z
        .array(z.strictObject({ control: controlSchema, segments: z.array(segmentSchema).min(1) }))
        .min(1)
        .max(1_000),
      // Two levels of JSON for each level of segments.
      { maxDepth: 2 * maxSegmentLevels + 4, maxValues: 1_000_000 },
    ),
    key: z
      .string()
      .min(1)
      .max(200)
      .meta({
        description:
          "The caller's own key of this transmission, the same for a second try. A lost answer is looked up by it.",
        examples: ["order-4711"],
      }),
    form: z.enum(idocForms).default("xml").meta({ description: "How they travel." }),
    exactlyOnce: z.boolean().default(false).meta({
      description: "Lets SAP take the IDoc once however often it arrives: one IDoc, in the form soap.",
    }),
  }),
  output: z.strictObject({
    state: z.literal("stored"),
    idocs: z.array(
      z.strictObject({
        transferId: z.string().describe("DOCNUM that was sent."),
        arckey: z.string().describe("What it is looked up by."),
        docnum: z.string().optional().describe("Its number in the system, where the form tells."),
      }),
    ),
  }),
  run: async (connector: SapConnector, { idocs, key, form, exactlyOnce }, { signal }) => {
    const sent = await connector.idocs.send(idocs, { idempotencyKey: key, form, exactlyOnce, signal });
    return { state: sent.state, idocs: sent.idocs.map((idoc) => ({ ...idoc })) };
  },
});

/** `idocs.status` */
export const readStatus = defineOperation({
  name: "idocs.status",
  summary: "Tells what became of an IDoc, by its number or the key it was sent with. Needs RFC_READ_TABLE.",
  kind: "read",
  idempotent: true,
  input: z.union([
    z.strictObject({
      docnum: z
        .string()
        .regex(/^\d{1,16}$/)
        .meta({ description: "Its number in the system." }),
    }),
    z.strictObject({ arckey: z.string().min(1).max(70).meta({ description: "The key that it was sent with." }) }),
  ]),
  output: z.strictObject({
    idocs: z.array(z.looseObject({ docnum: z.string().describe("Its number in the system.") })),
  }),
  run: async (connector: SapConnector, lookup, { signal }) => ({
    idocs: (await connector.idocs.status(lookup, signal)).map((idoc) => ({ ...idoc })),
  }),
});
