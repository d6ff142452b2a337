import { binaryContentSchema, ConnectorError, defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { entitySchema, idSchema, recordSchema } from "./inputs.js";
import { writeOptions } from "./records.js";

/** `documents.email` */
export const emailDocument = defineOperation({
  name: "documents.email",
  summary: "Sends an invoice, estimate or other document by e-mail.",
  kind: "write",
  idempotent: false,
  takesIdempotencyKey: true,
  input: z.strictObject({
    entity: entitySchema,
    id: idSchema,
    sendTo: z.email().optional().meta({ description: "Default: the address in the document." }),
  }),
  output: recordSchema,
  run: (connector: QuickbooksConnector, { entity, id, sendTo }, call) =>
    connector.email(entity, id, sendTo, writeOptions(call)),
});

/** `documents.pdf` */
export const printDocument = defineOperation({
  name: "documents.pdf",
  summary: "A document as QuickBooks prints it.",
  kind: "read",
  idempotent: true,
  produces: "application/pdf",
  input: z.strictObject({ entity: entitySchema, id: idSchema }),
  output: binaryContentSchema,
  run: (connector: QuickbooksConnector, { entity, id }, { signal }) => connector.pdf(entity, id, { signal }),
});

/** `attachments.download` */
export const downloadAttachment = defineOperation({
  name: "attachments.download",
  summary: "The content of an attachment.",
  kind: "read",
  idempotent: true,
  produces: "*/*",
  input: z.strictObject({ id: idSchema }),
  output: binaryContentSchema,
  run: (connector: QuickbooksConnector, { id }, { signal }) => connector.download(id, { signal }),
});

/** `attachments.upload`: Intuit takes no key against doubles here. */
export const uploadAttachment = defineOperation({
  name: "attachments.upload",
  summary: "Attaches a file to a record.",
  kind: "write",
  idempotent: false,
  consumes: "*/*",
  input: z.strictObject({
    fileName: z.string().min(1).max(255).meta({ description: "Name of the file, with its ending." }),
    entity: entitySchema.optional().meta({ description: "Entity of the record that it belongs to." }),
    id: idSchema.optional().meta({ description: "Id of that record." }),
    includeOnSend: z
      .boolean()
      .default(false)
      .meta({ description: "Whether it goes along when the record is e-mailed." }),
    note: z.string().max(2_000).optional(),
  }),
  output: recordSchema,
  run: (connector: QuickbooksConnector, { entity, id, includeOnSend, ...file }, { signal, content }) => {
    if (content === undefined) throw new ConnectorError("INTERNAL", "The upload came without its content.");
    const attachTo = entity !== undefined && id !== undefined ? [{ entity, id, includeOnSend }] : [];
    return connector.upload(content, { ...file, attachTo, signal });
  },
});
