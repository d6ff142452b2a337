import { readMultipart } from "../../shared/multipart.js";
import { SalesforceError } from "../errors.js";
import type { Upload } from "./blob-input.js";

/** Bytes of a multipart body, its file included. Salesforce takes 2 GB for a file's version, 500 MB elsewhere. */
export const maximumMultipartBytes = 128 * 1024 * 1024;

/**
 * Reads the documented form: a part `entity_…` with the record (or collection) as JSON, then parts with a file name for
 * bytes. Of a single record there is one, named after its field.
 *
 * @throws {SalesforceError} BAD_REQUEST when it is another.
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/dome-sobject-insert-update-blob.html
 */
export function readMultipartBody(body: Buffer, contentType: string): { text: string; uploads: Upload[] } {
  const parts = readMultipart(body, contentType);
  if (parts === undefined) {
    throw new SalesforceError(400, "BAD_REQUEST", "The multipart body does not end with its boundary");
  }
  const record = parts.find(({ name, fileName }) => name.startsWith("entity_") || fileName === undefined);
  if (record === undefined || !/^application\/json\b/i.test(record.contentType)) {
    throw new SalesforceError(400, "BAD_REQUEST", "A multipart body needs a part of application/json for the record");
  }
  const files = parts.filter((part) => part !== record);
  const nameless = files.find(({ fileName }) => fileName === undefined);
  if (nameless !== undefined) {
    throw new SalesforceError(400, "BAD_REQUEST", `The part ${nameless.name} needs a filename for its binary data`);
  }
  return { text: record.content.toString("utf8"), uploads: files.map(({ name, content }) => ({ name, content })) };
}
