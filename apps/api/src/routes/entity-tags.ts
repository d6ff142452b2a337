import { z } from "zod";
import { ApiError } from "../errors/index.js";

/** The header that names a connector's version. */
export const ifMatchSchema = z.object({ "if-match": z.string().optional().describe("The ETag of the connector.") });

/** The ETag of a version. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
export function toEntityTag(version: number): string {
  return `"${version}"`;
}

/**
 * The version that an `If-Match` header names.
 *
 * @returns `undefined` when there is no header.
 * @throws {ApiError} `PRECONDITION_FAILED` for a tag that no version has.
 */
export function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const version = /^"(\d{1,9})"$/.exec(header.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw new ApiError("PRECONDITION_FAILED", 'If-Match has to be the ETag as it was answered, such as "3".');
}

/** {@link readIfMatch} where it must be there. @throws {ApiError} `PRECONDITION_REQUIRED`. */
export function requireIfMatch(header: string | undefined): number {
  const version = readIfMatch(header);
  if (version !== undefined) return version;
  throw new ApiError("PRECONDITION_REQUIRED", "Say by If-Match which version the change is for: the ETag of a GET.");
}
