import { type ConnectorError, codeOf, isConnectorError } from "../errors/index.js";

/**
 * What becomes of a write to a record that the vendor has changed since its caller saw it: the vendor's stands (`theirs`), the
 * caller's overwrites it (`ours`), or the write is a conflict, which nobody decides here (`fail`).
 */
export type ConflictPolicy = "theirs" | "ours" | "fail";

/** One record to be written. */
export interface RecordWrite {
  /** The same in each try of this write, and never another's: for vendors that take a key against doubles. */
  readonly key: string;
  /** The vendor's id of the record, as `read` gives it. Missing: it is new, or found by `externalId`. */
  readonly id?: string;
  /** A field that identifies records, and its value: the record that has it is changed, or else created with it. */
  readonly externalId?: { readonly field: string; readonly value: string };
  /** Fields by the vendor's names; what is not named stays as it is. Missing only where `deleted` is set. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Whether the record is to be deleted. */
  readonly deleted: boolean;
  /** The version that the caller saw, as `baseOf` tells it. Missing: the caller saw no such record, or does not care. */
  readonly base?: string;
  /**
   * Whether an earlier try may have reached the vendor. Such a record is never done twice: it is sent again only where that has
   * no second effect, or the vendor is asked what became of it. A version that has moved on is no conflict by itself then: the
   * earlier try may have moved it.
   */
  readonly attempted: boolean;
}

/** What became of one record. */
export type RecordOutcome =
  /** Done; `unchanged`: the vendor had these values already, and nothing was sent. */
  | { readonly outcome: "created" | "updated" | "deleted" | "unchanged"; readonly id?: string }
  /** It was changed since `base`, or is there although nobody knew of it: by policy it was left as it is, or is a conflict. */
  | { readonly outcome: "kept" | "conflict"; readonly id?: string }
  /** The vendor refused it, or it could not be sent. It had no effect. */
  | { readonly outcome: "failed"; readonly id?: string; readonly error: ConnectorError }
  /** It may have been done, and the vendor cannot tell. */
  | { readonly outcome: "unknown"; readonly id?: string; readonly error: ConnectorError }
  /** Nothing is decided: to be written again later, with `attempted` as it is here. */
  | { readonly outcome: "again"; readonly attempted: boolean; readonly error: ConnectorError };

/** What a {@link RecordWriter} is called with beside the records. */
export interface RecordWriteCall {
  /** What becomes of records that were changed meanwhile. */
  readonly policy: ConflictPolicy;
  /** Ends the call when aborted. What it had sent by then may have been done. */
  readonly signal: AbortSignal;
}

/**
 * Writes records in bulk, with an outcome for each. Whoever calls it stores which records it is about to write, and then what
 * became of them; after a crash in between, it is called with exactly those of that call again, `attempted`.
 *
 * Its parts are methods for the reason that `Operation.run` is one.
 */
export interface RecordWriter {
  /** Records that one call takes at most. */
  readonly batchSize: number;
  /**
   * The version of a record as `read` gave it, to be compared as {@link RecordWrite.base}; `undefined` where the vendor keeps none.
   *
   * @param entity - Whose it is, for vendors whose entities have their versions in different places.
   */
  baseOf(record: Readonly<Record<string, unknown>>, entity: string): string | undefined;
  /**
   * Writes records of one entity.
   *
   * @returns One for each record, in their order. Nothing is thrown for one of them: the others stand.
   * @throws {ConnectorError} what concerns all of them, and only before this call has written anything: whoever calls may call
   *   again with the same records as they were.
   */
  write(entity: string, records: readonly RecordWrite[], call: RecordWriteCall): Promise<readonly RecordOutcome[]>;
}

/** Failures that a person mends, or the end of a process, without anything having been done. */
const postponing: ReadonlySet<string> = new Set([
  "RECONNECT_REQUIRED",
  "CREDENTIALS_MISSING",
  "AUTHENTICATION_FAILED",
  "CANCELLED",
]);

/**
 * The outcome of a record whose write failed with `error`, which nothing but the error tells of.
 *
 * @throws `error` where it is no {@link ConnectorError}: a defect is nobody's outcome.
 */
export function outcomeOfFailure(error: unknown, id?: string): RecordOutcome {
  if (!isConnectorError(error)) throw error;
  const known = id === undefined ? {} : { id };
  if (error.code === "OUTCOME_UNKNOWN") return { outcome: "unknown", ...known, error };
  if (error.retryable || postponing.has(codeOf(error))) return { outcome: "again", attempted: false, error };
  return { outcome: "failed", ...known, error };
}

/** The outcome of a record that was changed meanwhile. Under `ours` nobody compares: the vendor itself refuses to overwrite it. */
export function outcomeOfConflict(policy: ConflictPolicy, id?: string): RecordOutcome {
  return { outcome: policy === "theirs" ? "kept" : "conflict", ...(id !== undefined && { id }) };
}
