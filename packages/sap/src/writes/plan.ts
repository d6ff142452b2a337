import {
  type ConflictPolicy,
  OutcomeUnknownError,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
} from "@isthmus/core";
import type { ODataCall } from "../odata/client/call.js";
import { idOf } from "../odata/client/change-id.js";
import type { ODataKey } from "../odata/client/codec.js";
import type { ODataEntity, ODataWritten } from "../odata/client/results.js";
import { keyNamesOf } from "../odata/model-lookup.js";
import type { Found, Target } from "./look-up.js";
import { hasValues, isVersion } from "./versions.js";

/** What is done with one record. */
export type Step =
  | { readonly outcome: RecordOutcome }
  | {
      readonly call: ODataCall<Partial<ODataWritten>>;
      readonly means: "created" | "updated" | "deleted";
      readonly id: string | undefined;
      /** Whether the system can be asked what became of it, or may be told again. */
      readonly isTraceable: boolean;
    };

/** What is done with a record. */
export function planStep(target: Target, write: RecordWrite, policy: ConflictPolicy, found: Found): Step {
  if ("error" in found) return { outcome: outcomeOfFailure(found.error, write.id) };
  try {
    if (write.id === undefined && !(found.looked && found.there !== undefined))
      return planNew(target, write, policy, found);
    return planKnown(target, write, policy, found);
  } catch (error) {
    return { outcome: outcomeOfFailure(error, write.id) };
  }
}

/** There is no such record, as far as anybody has looked. */
function planNew(
  { service, set }: Target,
  write: RecordWrite,
  policy: ConflictPolicy,
  { key }: { readonly key: ODataKey | undefined },
): Step {
  const { externalId, deleted, attempted, base, record = {} } = write;
  if (deleted) return { outcome: { outcome: "deleted" } };
  if (base !== undefined && policy !== "ours") return { outcome: outcomeOfConflict(policy) };
  const isTraceable = key !== undefined || externalId !== undefined;
  if (attempted && !isTraceable)
    return nobodyKnows("There is no key by which a record that was being created could be found.");
  const values = externalId ? { ...record, [externalId.field]: externalId.value } : record;
  return { call: service.calls.create(set, values), means: "created", id: undefined, isTraceable };
}

function planKnown(
  { service, words, set }: Target,
  write: RecordWrite,
  policy: ConflictPolicy,
  found: Exclude<Found, { readonly error: unknown }>,
): Step {
  const { deleted, attempted } = write;
  const there = found.looked ? found.there : undefined;
  const id = write.id ?? (there && idOf({ parts: words, set }, there.record));
  const known = id === undefined ? {} : { id };
  if (found.looked && there === undefined) {
    return { outcome: deleted && attempted ? { outcome: "deleted", ...known } : outcomeOfConflict(policy, id) };
  }
  const names = keyNamesOf(words.model, set);
  const values = Object.fromEntries(Object.entries(write.record ?? {}).filter(([name]) => !names.includes(name)));
  const place = { set, key: found.key };
  const step = { id, isTraceable: true };
  if (there !== undefined && policy !== "ours") {
    const decided = compare(write, policy, there, values, id);
    if (decided) return decided;
  }
  if (there !== undefined && write.id === undefined && write.externalId === undefined) {
    // A new record with a key of its own, which an earlier try may have made.
    return hasValues(there.record, values)
      ? { outcome: { outcome: "created", ...known } }
      : nobodyKnows(otherValues, id);
  }
  const ifMatch = policy === "ours" ? "*" : (there?.etag ?? "*");
  if (deleted) return { ...step, call: service.calls.delete(place, { ifMatch }), means: "deleted" };
  return { ...step, call: service.calls.update(place, values, { ifMatch }), means: "updated" };
}

/** @returns what is decided by what is there; `undefined` = it is what the caller saw. */
function compare(
  { base, attempted, deleted, id: given, externalId }: RecordWrite,
  policy: ConflictPolicy,
  there: ODataEntity,
  values: Readonly<Record<string, unknown>>,
  id: string | undefined,
): Step | undefined {
  const known = id === undefined ? {} : { id };
  const isNew = given === undefined && externalId === undefined;
  if (isNew) return undefined;
  const hasThem = !deleted && hasValues(there.record, values);
  if (base === undefined) {
    if (!attempted || deleted) return { outcome: outcomeOfConflict(policy, id) };
    return hasThem ? { outcome: { outcome: "created", ...known } } : nobodyKnows(otherValues, id);
  }
  if (hasThem && attempted) return { outcome: { outcome: "updated", ...known } };
  if (!isVersion(there, base)) {
    return attempted && !deleted ? nobodyKnows(otherValues, id) : { outcome: outcomeOfConflict(policy, id) };
  }
  return hasThem ? { outcome: { outcome: "unchanged", ...known } } : undefined;
}

const otherValues = "A record is there, with other values.";

function nobodyKnows(why: string, id?: string): Step {
  const message = `An earlier try to write this record was interrupted, and nobody can tell what became of it. ${why}`;
  const error = new OutcomeUnknownError(message, { reconcile: "Look the record up in the SAP system." });
  return { outcome: { outcome: "unknown", ...(id !== undefined && { id }), error } };
}
