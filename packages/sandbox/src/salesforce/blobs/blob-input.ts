import { SalesforceError } from "../errors.js";
import { isJsonObject, type JsonObject } from "../rest/json-body.js";
import type { FieldDefinition, ObjectDefinition, Row } from "../schema/definitions.js";
import { findField } from "../schema/schema.js";
import type { BlobStore } from "./blob-store.js";

/** A file of a multipart body: the bytes of one field. */
export interface Upload {
  /** The field it is for; in a collection, the name by which a record refers to it. */
  name: string;
  content: Buffer;
}

/**
 * The file that a record of a collection refers to by `binaryPartName` in its attributes; `undefined` for one without.
 *
 * @throws {SalesforceError} INVALID_INPUT when the body has no such part.
 */
export function findUpload(record: JsonObject, uploads: readonly Upload[]): Upload | undefined {
  const { binaryPartName, binaryPartNameAlias } = isJsonObject(record.attributes) ? record.attributes : {};
  if (binaryPartName === undefined) return undefined;
  const part = uploads.find(({ name }) => name === binaryPartName);
  if (part !== undefined) return { name: String(binaryPartNameAlias), content: part.content };
  throw new SalesforceError(400, "INVALID_INPUT", `The body has no part named ${String(binaryPartName)}`, []);
}

/** The fields of an object that hold files. */
export function blobFields(object: ObjectDefinition): FieldDefinition[] {
  return object.fields.filter(({ type }) => type === "base64");
}

/**
 * Takes the bytes out of checked values and puts their keys in place.
 *
 * @throws {SalesforceError} INVALID_FIELD for a part that is for no such field; STORAGE_LIMIT_EXCEEDED
 */
export function storeBlobs(blobs: BlobStore, object: ObjectDefinition, values: Row, upload: Upload | undefined): Row {
  const stored = { ...values };
  for (const { name } of blobFields(object)) {
    const text = values[name];
    if (typeof text === "string") stored[name] = blobs.put(Buffer.from(text, "base64"));
  }
  if (upload === undefined) return stored;
  const field = findField(object, upload.name);
  if (field?.type !== "base64") {
    const message = `No such column '${upload.name}' on sobject of type ${object.name}`;
    throw new SalesforceError(400, "INVALID_FIELD", message, [upload.name]);
  }
  return { ...stored, [field.name]: blobs.put(upload.content) };
}
