import { createHash } from "node:crypto";
import { SalesforceError } from "../errors.js";
import type { RestAnswer, RestCall } from "../rest/rest-call.js";

/** What the conditions of a request are held against. */
export interface Validators {
  /** When the resource changed last, in milliseconds since 1970; HTTP counts in seconds. */
  changedAt: number;
  /** Quoted, as in the header. Only records of Account have one. */
  etag?: string;
}

/** The tag of a content: it is another when the content is another. */
export function etagOf(content: unknown): string {
  return `"${createHash("sha256").update(JSON.stringify(content)).digest("base64")}"`;
}

/**
 * Answers a reading call under the conditions it names: 304 when the caller has what it would get.
 *
 * @throws {SalesforceError} 412 when `If-Match` or `If-Unmodified-Since` does not hold.
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest-conditional-requests.html
 */
export function answerUnlessUnchanged(call: RestCall, validators: Validators, body: () => unknown): RestAnswer {
  assertPreconditions(call, validators);
  const headers = headersOf(validators);
  const noneMatch = call.headers["if-none-match"];
  if (noneMatch !== undefined && validators.etag !== undefined) {
    if (listsTag(noneMatch, validators.etag)) return { status: 304, headers };
  } else {
    const since = Date.parse(call.headers["if-modified-since"] ?? "");
    if (toSeconds(validators.changedAt) <= toSeconds(since)) return { status: 304, headers };
  }
  return { status: 200, headers, body: body() };
}

/**
 * Checks the conditions of a writing call.
 *
 * @throws {SalesforceError} 412 when one does not hold, 400 for a header that says nothing.
 */
export function assertMayWrite(call: RestCall, validators: Validators): void {
  const malformed = [
    ...["if-match", "if-none-match"].filter(
      (name) => call.headers[name] !== undefined && !isTagList(call.headers[name]),
    ),
    ...["if-unmodified-since"].filter((name) => Number.isNaN(Date.parse(call.headers[name] ?? "1970-01-01"))),
  ];
  if (malformed.length > 0) throw new SalesforceError(400, "BAD_REQUEST", `Invalid header: ${malformed.join(", ")}`);
  assertPreconditions(call, validators);
  const noneMatch = call.headers["if-none-match"];
  if (noneMatch !== undefined && validators.etag !== undefined && listsTag(noneMatch, validators.etag)) {
    throw preconditionFailed();
  }
}

/** The headers by which a caller can ask again. */
export function headersOf(validators: Validators): Record<string, string> {
  const modified = { "last-modified": new Date(validators.changedAt).toUTCString() };
  return validators.etag === undefined ? modified : { ...modified, etag: validators.etag };
}

function assertPreconditions(call: RestCall, validators: Validators): void {
  const match = call.headers["if-match"];
  if (match !== undefined && validators.etag !== undefined && !listsTag(match, validators.etag)) {
    throw preconditionFailed();
  }
  const since = Date.parse(call.headers["if-unmodified-since"] ?? "");
  if (toSeconds(validators.changedAt) > toSeconds(since)) throw preconditionFailed();
}

function preconditionFailed(): SalesforceError {
  const message = "A precondition that the request headers specify was not satisfied";
  return new SalesforceError(412, "PRECONDITION_FAILED", message);
}

function isTagList(header = ""): boolean {
  return /^\s*(\*|(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*)\s*$/.test(header);
}

/** Salesforce marks tags of compressed answers with `-gzip`; they mean the same content. */
function listsTag(header: string, etag: string): boolean {
  const tags = header.split(",").map((tag) => tag.trim().replace(/-{1,2}gzip"$/, '"'));
  return tags.includes("*") || tags.includes(etag);
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
