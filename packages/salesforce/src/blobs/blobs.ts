import { Readable } from "node:stream";
import type { BinaryContent } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "../api.js";
import { assertFieldName, assertRecordId, assertSobjectName } from "../names.js";
import { plainBody } from "../plain-body.js";
import { type RecordInput, readCreated, writeRecord } from "../records.js";
import { assertFileName, assertMediaType, formLength, writeForm } from "./multipart.js";

/** Objects that a file can be uploaded as. */
export const blobObjects = ["ContentVersion", "Attachment", "Document"] as const;

/** What is uploaded, and as what. */
export interface UploadOptions extends CallOptions {
  /** Name of the file, with its ending: Salesforce goes by it. */
  readonly fileName: string;
  /** Default `ContentVersion`: a file of Salesforce Files. The others are older. */
  readonly sobject?: (typeof blobObjects)[number];
  /**
   * Further fields: `FirstPublishLocationId` of a ContentVersion says which record the file belongs to, as `ParentId` of an
   * Attachment and `FolderId` of a Document do, which both need; `ContentDocumentId` makes it the next version of a file.
   */
  readonly record?: RecordInput;
}

/** How a file of each object is sent. */
const forms = {
  ContentVersion: {
    entityPart: "entity_content",
    blobField: "VersionData",
    nameField: "PathOnClient",
    typeField: undefined,
  },
  Attachment: { entityPart: "entity_attachment", blobField: "Body", nameField: "Name", typeField: "ContentType" },
  Document: { entityPart: "entity_document", blobField: "Body", nameField: "Name", typeField: "ContentType" },
} as const;

/** Files and other bytes, as streams: none is held in memory. */
export class Blobs {
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
  }

  /**
   * The bytes of a blob field, such as `VersionData` of a ContentVersion or `Body` of an Attachment. Read the body to its
   * end, or end the iteration; a download that is cut fails there, and is begun anew by calling again.
   *
   * @throws {NotFoundError} when there is no such record or field, or the user may not see it.
   */
  async read(sobject: string, id: string, field: string, options: CallOptions = {}): Promise<BinaryContent> {
    assertSobjectName(sobject);
    assertRecordId(id);
    assertFieldName(field);
    const path = `${this.#api.dataPath}/sobjects/${sobject}/${id}/${field}`;
    const response = await this.#api.openStream({ ...options, name: "blobs.read", method: "GET", path });
    const { headers } = response;
    const { "content-type": type, "content-length": length, "content-encoding": encoding } = headers;
    const size = encoding === undefined ? Number(length) : Number.NaN;
    return {
      mediaType: typeof type === "string" && type !== "" ? type : "application/octet-stream",
      ...(length !== undefined && Number.isSafeInteger(size) && size >= 0 && { size }),
      body: plainBody(response),
    };
  }

  /**
   * Uploads a file. It is read once and sent as it comes: with its length where `size` tells it, which lets Salesforce see
   * that one was cut.
   *
   * @returns The id of the ContentVersion, Attachment or Document.
   * @throws {OutcomeUnknownError} when the answer was lost: Salesforce has no key against doubles.
   */
  async upload(content: BinaryContent, options: UploadOptions): Promise<{ readonly id: string }> {
    const { fileName, sobject = "ContentVersion", record = {}, ...call } = options;
    const { entityPart, blobField, nameField, typeField } = forms[sobject];
    assertFileName(fileName);
    assertMediaType(content.mediaType);
    const fields = { [nameField]: fileName, ...(typeField && { [typeField]: content.mediaType }), ...record };
    const boundary = `isthmus-${this.#api.random.uuid()}`;
    const form = { boundary, entityPart, record: writeRecord(fields), blobField, fileName };
    const length = formLength(form, content);
    const reconcile = `Query ${sobject} by ${nameField}, newest first (ORDER BY CreatedDate DESC), before uploading the file again.`;
    const response = await this.#api.send({
      ...call,
      name: "blobs.upload",
      method: "POST",
      path: `${this.#api.dataPath}/sobjects/${sobject}`,
      headers: {
        "content-type": `multipart/form-data; boundary="${boundary}"`,
        ...(length !== undefined && { "content-length": String(length) }),
      },
      body: Readable.from(writeForm(form, content), { objectMode: false }),
      idempotent: false,
      reconcile,
    });
    return readCreated(response, reconcile);
  }
}
