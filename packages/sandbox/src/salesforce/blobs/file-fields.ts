import { createHash } from "node:crypto";
import type { FillIn } from "../data/record-service.js";
import type { RecordStore } from "../data/record-store.js";
import { SalesforceError } from "../errors.js";
import type { ObjectDefinition, Row } from "../schema/definitions.js";
import { attachment, contentDocument, contentDocumentLink, contentVersion, document } from "../schema/file-objects.js";
import { findObjectOfId, listObjects } from "../schema/schema.js";
import { blobFields } from "./blob-input.js";
import type { BlobStore } from "./blob-store.js";

/** What Salesforce fills in by itself for files: sizes, types, checksums, and the document that versions belong to. */
export function createFileFillIn(store: RecordStore, blobs: BlobStore): FillIn {
  return (object, values, before, userId) => {
    if (object === attachment || object === document) return sizeOf(blobs, values);
    if (object === contentVersion && before === null) return newVersion(store, blobs, values, userId);
    return {};
  };
}

function sizeOf(blobs: BlobStore, values: Row): Row {
  const content = contentOf(blobs, values.Body);
  return content === undefined ? {} : { BodyLength: content.length };
}

function newVersion(store: RecordStore, blobs: BlobStore, values: Row, userId: string): Row {
  const content = contentOf(blobs, values.VersionData);
  if (content === undefined) {
    const message = "Required fields are missing: [VersionData]";
    throw new SalesforceError(400, "REQUIRED_FIELD_MISSING", message, ["VersionData"]);
  }
  const path = String(values.PathOnClient);
  const extension = /\.([^./\\]+)$/.exec(path)?.[1] ?? null;
  const title = values.Title ?? path.replace(/^.*[/\\]/, "").replace(/\.[^.]+$/, "");
  const facts: Row = {
    Title: title,
    FileExtension: extension,
    FileType: extension?.toUpperCase() ?? "UNKNOWN",
    ContentSize: content.length,
  };
  const { documentId, number } = placeVersion(store, values, facts, userId);
  const checksum = createHash("md5").update(content).digest("hex");
  return { ...facts, Checksum: checksum, ContentDocumentId: documentId, VersionNumber: String(number), IsLatest: true };
}

/** The first version makes the document, and links it to where it shall be seen; a further one takes the lead. */
function placeVersion(
  store: RecordStore,
  values: Row,
  facts: Row,
  userId: string,
): { documentId: string; number: number } {
  const given = values.ContentDocumentId;
  if (typeof given !== "string") {
    const made = store.insert(contentDocument, facts, userId);
    const documentId = String(made.Id);
    for (const target of [userId, values.FirstPublishLocationId ?? null]) {
      if (target === null) continue;
      const link = { ContentDocumentId: documentId, LinkedEntityId: target, ShareType: target === userId ? "I" : "V" };
      store.insert(contentDocumentLink, link, userId);
    }
    return { documentId, number: 1 };
  }
  const others = [...store.all(contentVersion)].filter((row) => row.ContentDocumentId === given);
  for (const other of others)
    if (other.IsLatest === true) store.update(contentVersion, other, { IsLatest: false }, userId);
  const found = store.get(contentDocument, given);
  if (found !== undefined) store.update(contentDocument, found, facts, userId);
  return { documentId: given, number: others.length + 1 };
}

/** After a version is made, its document points to it. */
export function publishVersion(store: RecordStore, object: ObjectDefinition, row: Row, userId: string): void {
  if (object !== contentVersion) return;
  const id = String(row.ContentDocumentId);
  const found = findObjectOfId(id) === contentDocument ? store.get(contentDocument, id) : undefined;
  if (found !== undefined) store.update(contentDocument, found, { LatestPublishedVersionId: row.Id ?? null }, userId);
}

/** Whether any record, deleted or not, still has these bytes. */
export function holdsBlob(store: RecordStore, key: string): boolean {
  return listObjects().some((object) => {
    const fields = blobFields(object);
    return fields.length > 0 && [...store.all(object)].some((row) => fields.some(({ name }) => row[name] === key));
  });
}

function contentOf(blobs: BlobStore, key: Row[string] | undefined): Buffer | undefined {
  return typeof key === "string" ? blobs.get(key) : undefined;
}
