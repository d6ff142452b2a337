import {
  type ConflictPolicy,
  OutcomeUnknownError,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  ValidationError,
} from "@isthmus/core";
import { assertFieldName, assertRecordId } from "../names.js";
import type { RecordInput, SalesforceRecord } from "../records.js";
import { hasValues } from "./has-values.js";

/** What is done with one record. */
export type Step =
  | { readonly do: "nothing"; readonly outcome: RecordOutcome }
  | { readonly do: "create"; readonly record: RecordInput; readonly isKeyed: boolean }
  | { readonly do: "upsert"; readonly field: string; readonly record: RecordInput }
  | { readonly do: "update"; readonly id: string; readonly record: RecordInput }
  | { readonly do: "update_unchanged"; readonly id: string; readonly record: RecordInput; readonly base: string }
  | { readonly do: "delete"; readonly id: string };

/** What the organisation has of a record that is to be written; `null` = nothing. */
export type Found = SalesforceRecord | null;

/** Whether what is there has to be known before it can be said what is done. */
export function needsLookup({ id, externalId, deleted }: RecordWrite, policy: ConflictPolicy): boolean {
  if (id !== undefined) return policy !== "ours";
  return externalId !== undefined && (policy !== "ours" || deleted);
}

/** Fields that are written: what Salesforce itself says of a record that was read is left out. */
export function fieldsOf({ record = {} }: RecordWrite): RecordInput {
  const { attributes: _attributes, Id: _id, id: _lower, SystemModstamp: _stamp, ...fields } = record;
  return fields;
}

/**
 * What is done with a record.
 *
 * @param found - What is there, where {@link needsLookup} says so; several where an external id is no key.
 */
export function planStep(write: RecordWrite, policy: ConflictPolicy, found: readonly SalesforceRecord[]): Step {
  try {
    return plan(write, policy, found);
  } catch (error) {
    return { do: "nothing", outcome: outcomeOfFailure(error, write.id) };
  }
}

function plan(write: RecordWrite, policy: ConflictPolicy, found: readonly SalesforceRecord[]): Step {
  const { id, externalId, deleted } = write;
  if (id !== undefined) assertRecordId(id);
  if (externalId !== undefined) assertFieldName(externalId.field);
  if (found.length > 1) throw ambiguous();
  const [there = null] = found;
  if (needsLookup(write, policy)) return planKnown(write, policy, there);
  const record = fieldsOf(write);
  if (id !== undefined) return deleted ? { do: "delete", id } : { do: "update", id, record };
  if (externalId !== undefined) {
    const { field, value } = externalId;
    return { do: "upsert", field, record: { ...record, [field]: value } };
  }
  if (write.attempted) return nobodyKnows("There is no key by which a record that was being created could be found.");
  return { do: "create", record, isKeyed: false };
}

function planKnown(write: RecordWrite, policy: ConflictPolicy, there: Found): Step {
  const { externalId, deleted, attempted, base } = write;
  const record = fieldsOf(write);
  const done = (outcome: RecordOutcome): Step => ({ do: "nothing", outcome });
  const id = there === null ? write.id : String(there.Id);
  if (there === null) {
    if (deleted && (attempted || base === undefined)) return done({ outcome: "deleted", ...(id && { id }) });
    if (externalId === undefined || base !== undefined) return done(outcomeOfConflict(policy, id));
    return { do: "create", record: { ...record, [externalId.field]: externalId.value }, isKeyed: true };
  }
  if (id === undefined) throw new TypeError("What was found has an id.");
  if (policy === "ours" || base === undefined) {
    // Under ours only what is to be deleted by its external id comes here.
    if (policy === "ours") return { do: "delete", id };
    if (!attempted || deleted) return done(outcomeOfConflict(policy, id));
    if (hasValues(there, record)) return done({ outcome: "created", id });
    return nobodyKnows("A record of this external id is there, with other values.", id);
  }
  const hasMoved = timeOf(String(there.SystemModstamp)) > timeOf(base);
  if (hasMoved && attempted && !deleted) {
    if (hasValues(there, record)) return done({ outcome: "updated", id });
    return nobodyKnows("The record has changed since the version that was seen, and has other values now.", id);
  }
  if (hasMoved) return done(outcomeOfConflict(policy, id));
  if (deleted) return { do: "delete", id };
  if (hasValues(there, record)) return done({ outcome: attempted ? "updated" : "unchanged", id });
  return { do: "update_unchanged", id, record, base };
}

/** Epoch milliseconds. @throws {ValidationError} when it is no time of Salesforce's. */
function timeOf(text: string): number {
  const time = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  if (!Number.isNaN(time)) return time;
  throw new ValidationError("The version of a Salesforce record is its SystemModstamp.", [
    { path: "base", message: "must be a time such as 2026-11-26T12:00:00.000+0000" },
  ]);
}

function ambiguous(): ValidationError {
  return new ValidationError("Several records have this external id. Name the one that is meant by its id.", [
    { path: "externalId", message: "must be the value of one record" },
  ]);
}

function nobodyKnows(why: string, id?: string): Step {
  const message = `An earlier try to write this record was interrupted, and nobody can tell what became of it. ${why}`;
  const error = new OutcomeUnknownError(message, { reconcile: "Look the record up at Salesforce." });
  return { do: "nothing", outcome: { outcome: "unknown", ...(id !== undefined && { id }), error } };
}
