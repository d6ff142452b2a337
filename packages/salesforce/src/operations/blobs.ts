import { binaryContentSchema, ConnectorError, defineOperation } from "@isthmus/core";
import { z } from "zod";
import { blobObjects } from "../blobs/blobs.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { fieldSchema, idSchema, recordInputSchema, sobjectSchema } from "./inputs.js";

/** `blobs.read` */
export const readBlob = defineOperation({
  name: "blobs.read",
  summary: "The bytes of a blob field, such as VersionData of a ContentVersion.",
  kind: "read",
  idempotent: true,
  produces: "*/*",
  input: z.strictObject({
    sobject: sobjectSchema,
    id: idSchema,
    field: fieldSchema.meta({ description: "API name of the blob field.", examples: ["VersionData", "Body"] }),
  }),
  output: binaryContentSchema,
  run: (connector: SalesforceConnector, { sobject, id, field }, { signal }) =>
    connector.blobs.read(sobject, id, field, { signal }),
});

/** `blobs.upload`: Salesforce takes no key against doubles. */
export const uploadBlob = defineOperation({
  name: "blobs.upload",
  summary: "Uploads a file as a ContentVersion, an Attachment or a Document.",
  kind: "write",
  idempotent: false,
  consumes: "*/*",
  input: z.strictObject({
    fileName: z.string().min(1).max(255).meta({ description: "Name of the file, with its ending." }),
    sobject: z.enum(blobObjects).default("ContentVersion").describe("What the file becomes."),
    record: recordInputSchema.optional().meta({
      description:
        "Further fields: FirstPublishLocationId of a ContentVersion, ParentId of an Attachment and FolderId of a Document say where the file belongs.",
      examples: [{ FirstPublishLocationId: "001Dn00000A1b2CIAR" }],
    }),
  }),
  output: z.strictObject({ id: idSchema }),
  run: (connector: SalesforceConnector, { record, ...file }, { signal, content }) => {
    if (content === undefined) throw new ConnectorError("INTERNAL", "The upload came without its content.");
    return connector.blobs.upload(content, { ...file, ...(record && { record }), signal });
  },
});
