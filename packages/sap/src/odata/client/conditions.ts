import { ValidationError } from "@isthmus/core";

/**
 * Which version of a record may be changed: its ETag, the record as it was read, or `"*"` for whatever is there, which overwrites
 * what others did meanwhile. Missing: the service decides, and one that keeps versions refuses with 428.
 */
export type IfMatch = string | { readonly etag?: string };

/**
 * The header that says so.
 *
 * @throws {ValidationError} when the record that was read has no ETag, or the text is none.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
 */
export function ifMatchHeader(ifMatch: IfMatch | undefined): Readonly<Record<string, string>> {
  if (ifMatch === undefined) return {};
  const etag = typeof ifMatch === "string" ? ifMatch : ifMatch.etag;
  if (etag === undefined) {
    throw new ValidationError("The record that was read has no ETag: its service keeps no versions of it.", [
      { path: "ifMatch", message: "A record with an ETag, an ETag, or * for any version." },
    ]);
  }
  // Header values are Latin-1 without control characters; anything else would make another header.
  if (etag === "" || !/^[\x20-\x7e\x80-\xff]+$/.test(etag)) {
    throw new ValidationError("This is no ETag.", [{ path: "ifMatch", message: 'Such as W/"1", or *.' }]);
  }
  return { "if-match": etag };
}
