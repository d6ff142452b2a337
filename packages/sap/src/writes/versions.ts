import { createHash } from "node:crypto";
import { canonicalJson } from "@isthmus/core";
import type { ODataEntity } from "../odata/client/results.js";

const digestPrefix = "sha256:";

/** The version of a record that was read as a whole: services tell ETags beside their records, and not all of them do. */
export function digestOf(record: Readonly<Record<string, unknown>>): string {
  return digestPrefix + createHash("sha256").update(canonicalJson(record)).digest("hex");
}

/** Whether a record is the version that a caller saw: an ETag, or the digest of what was read. */
export function isVersion({ record, etag }: ODataEntity, base: string): boolean {
  if (base.startsWith(digestPrefix)) return digestOf(record) === base;
  return etag !== undefined && opaqueTag(etag) === opaqueTag(base);
}

/** Whether a record has every value that is to be written. */
export function hasValues(
  record: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => canonicalJson(record[name] ?? null) === canonicalJson(value ?? null),
  );
}

function opaqueTag(etag: string): string {
  return etag.replace(/^W\//, "");
}
