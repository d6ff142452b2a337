import { ConnectorError, OutcomeUnknownError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { itemFailure } from "../item-failure.js";
import type { Row, WriteCall } from "./write-call.js";

/** What became of one record, at its place in the input. */
export interface RecordResult {
  /** The record's id; missing where there is none, or where it is not known. */
  readonly id?: string;
  /** Whether the record is new; told by create and upsert. */
  readonly created?: boolean;
  /**
   * Why it was not done. `OUTCOME_UNKNOWN`: it may have been, because the answer was lost. With `retryable`, sending the
   * record again may help and does no harm.
   */
  readonly error?: ConnectorError;
}

/**
 * The results of one request, one for each row.
 *
 * @param answer - The body of an answer with status 200.
 */
export function readResults(
  api: SalesforceApi,
  answer: unknown,
  rows: readonly Row[],
  call: WriteCall,
): readonly RecordResult[] {
  if (!Array.isArray(answer) || answer.length !== rows.length) {
    // Which result belongs to which record, nobody can tell.
    return rows.map((row) => unreadable(call, row));
  }
  return rows.map((row, at) => readResult(api, answer[at], row, call));
}

function readResult(api: SalesforceApi, item: unknown, row: Row, call: WriteCall): RecordResult {
  if (typeof item !== "object" || item === null) return unreadable(call, row);
  const { id = row.id, success, created, errors }: Record<string, unknown> = { ...item };
  const known = typeof id === "string" ? { id } : {};
  if (success === true) {
    if (typeof id !== "string") return unreadable(call, row);
    return call.kind === "create" || call.kind === "upsert"
      ? { id, created: call.kind === "create" || created === true }
      : { id };
  }
  if (success !== false) return unreadable(call, row);
  const error = itemFailure(api, errors, { name: call.name, method: call.method, idempotent: call.idempotent });
  // Deleted twice is deleted: the answer to a repetition after a lost answer says so too.
  if (call.kind === "delete" && error.vendor?.code === "ENTITY_IS_DELETED") return known;
  return { ...known, error };
}

function unreadable({ name, idempotent, reconcile }: WriteCall, row: Row): RecordResult {
  const says = `Salesforce answered ${name} with something that is not a result for each record.`;
  const error = idempotent
    ? new ConnectorError("UNEXPECTED_RESPONSE", says, { vendor: { status: 200 } })
    : new OutcomeUnknownError(`${says} Look the record up before sending it again.`, {
        reconcile,
        vendor: { status: 200 },
      });
  return { ...(row.id !== undefined && { id: row.id }), error };
}
