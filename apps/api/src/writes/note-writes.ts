import type { ConflictPolicy } from "@isthmus/core";
import type { NewRecordWrite, RecordRow } from "../repositories/index.js";
import type { StoredWrite } from "./write-work.js";

/** One record as a caller wants it written. */
export interface RequestedWrite extends Omit<StoredWrite, "deleted"> {
  readonly deleted?: boolean | undefined;
  /** The version of ours that the caller saw: that record's as lists of records give it. */
  readonly version?: string | undefined;
}

/**
 * Says which version each record is compared with at the vendor. A caller who names none has seen what we have: the record as it
 * was last read.
 *
 * @param stored - What we have, by the vendor's ids.
 * @param baseOf - The vendor's version of a record that we have; see `RecordWriter`.
 */
export function noteWrites(
  writes: readonly RequestedWrite[],
  policy: ConflictPolicy,
  stored: ReadonlyMap<string, RecordRow>,
  baseOf: (record: Readonly<Record<string, unknown>>) => string | undefined,
): readonly NewRecordWrite[] {
  return writes.map(({ version, base, deleted = false, ...rest }): NewRecordWrite => {
    const { id } = rest;
    const noted = { outcome: null, recordId: id ?? null, error: null };
    if (policy === "ours") return { ...noted, write: { ...rest, deleted } };
    if (base !== undefined || id === undefined) {
      return { ...noted, write: { ...rest, deleted, ...(base !== undefined && { base }) } };
    }
    const known = stored.get(id);
    if (version !== undefined && known !== undefined && known.version !== version) {
      return { ...noted, write: null, outcome: policy === "theirs" ? "kept" : "conflict" };
    }
    const seen = known?.data ? baseOf(known.data) : undefined;
    if (seen !== undefined) return { ...noted, write: { ...rest, deleted, base: seen } };
    return { ...noted, write: null, outcome: "failed", error: unseen };
  });
}

const unseen = {
  code: "VALIDATION_FAILED",
  detail:
    "Nobody knows which version of this record you saw: it has not been read by a sync, or its vendor keeps no versions. Give base, or choose the policy ours.",
};
