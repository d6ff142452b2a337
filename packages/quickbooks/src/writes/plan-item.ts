import { type ConflictPolicy, ConnectorError, type RecordWrite, ValidationError } from "@isthmus/core";
import type { BatchItem } from "../batch.js";
import type { EntityTraits } from "../entities/traits.js";
import type { QueryRecord } from "../query.js";
import { recordIdPattern } from "../records.js";

/** What a record becomes in a batch. */
export interface PlannedItem {
  /**
   * One for each record, whatever is decided: a batch whose answer was lost is sent again with its key, and is answered item by
   * item by what was done the first time.
   */
  readonly item: BatchItem;
  /** What success means. `none`: nothing is done, because it is decided already what becomes of the record. */
  readonly means: "created" | "updated" | "deleted" | { readonly none: "conflict" | "ambiguous" };
  /** Where it is known. */
  readonly id: string | undefined;
}

/** What QuickBooks itself writes into a record. */
const ownFields: ReadonlySet<string> = new Set(["Id", "SyncToken", "MetaData", "domain", "sparse"]);
/** SyncToken of a record that nobody has changed yet. */
export const firstToken = "0";

/** What is written of a record that may have been read as a whole. */
export function fieldsOf({ record = {} }: RecordWrite): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !ownFields.has(name)));
}

/** @throws {ConnectorError} for a record that can never be sent: whatever is at QuickBooks. */
export function assertSendable(traits: EntityTraits, { id, externalId, deleted }: RecordWrite): void {
  if (traits.kind === "singleton") throw unsupported(traits, "write in bulk");
  if (id !== undefined && !recordIdPattern.test(id)) {
    throw new ValidationError("A record's Id is digits, such as 145.", [{ path: "id", message: "must be an Id" }]);
  }
  if (externalId !== undefined && !/^[A-Za-z]\w{0,99}$/.test(externalId.field)) {
    throw new ValidationError("A field's name is letters and digits, such as DocNumber.", [
      { path: "externalId.field", message: "must be the name of a field" },
    ]);
  }
  if (deleted && traits.delete === false) throw unsupported(traits, "delete");
  if (!deleted && id !== undefined && !traits.update) throw unsupported(traits, "change");
  if (!deleted && id === undefined && !traits.create) throw unsupported(traits, "create");
}

/** Whether what is there has to be known before the item can be made. */
export function needsLookup(traits: EntityTraits, { id, externalId, deleted }: RecordWrite, policy: ConflictPolicy) {
  if (externalId !== undefined) return true;
  if (id === undefined) return false;
  const isWhole = deleted
    ? traits.delete === "delete_whole" || (traits.delete === "deactivate" && !traits.sparse)
    : !traits.sparse;
  return policy === "ours" || isWhole;
}

/**
 * @param found - What is there, where {@link needsLookup} says so.
 */
export function planItem(
  traits: EntityTraits,
  write: RecordWrite,
  policy: ConflictPolicy,
  found: readonly QueryRecord[],
): PlannedItem {
  const { externalId, base, deleted } = write;
  if (found.length > 1) return nothing(traits, "ambiguous", undefined);
  const [there] = found;
  const id = write.id ?? (typeof there?.Id === "string" ? there.Id : undefined);
  const entity = traits.name;
  if (id === undefined) {
    if (externalId !== undefined && (deleted || (base !== undefined && policy !== "ours"))) {
      return nothing(traits, "conflict", undefined);
    }
    const record = { ...fieldsOf(write), ...(externalId && { [externalId.field]: externalId.value }) };
    return { item: { operation: "create", entity, record }, means: "created", id: undefined };
  }
  if (policy !== "ours" && base === undefined) return nothing(traits, "conflict", id);
  const current = typeof there?.SyncToken === "string" ? there.SyncToken : firstToken;
  const identity = { Id: id, SyncToken: policy === "ours" ? current : (base ?? current) };
  if (deleted) return planRemoval(traits, identity, there);
  return { item: planChange(traits, { ...fieldsOf(write), ...identity }, there), means: "updated", id };
}

function planRemoval(
  traits: EntityTraits,
  identity: { readonly Id: string; readonly SyncToken: string },
  there: QueryRecord | undefined,
): PlannedItem {
  const named = { means: "deleted", id: identity.Id } as const;
  if (traits.delete === "deactivate")
    return { ...named, item: planChange(traits, { ...identity, Active: false }, there) };
  const record = traits.delete === "delete_whole" ? { ...there, ...identity } : identity;
  return { ...named, item: { operation: "delete", entity: traits.name, record } };
}

/** The fields alone where Intuit merges them, the merged record where it does not. */
function planChange(
  { name: entity, sparse }: EntityTraits,
  record: Readonly<Record<string, unknown>>,
  there: QueryRecord | undefined,
): BatchItem {
  if (sparse) return { operation: "sparse_update", entity, record };
  return { operation: "update", entity, record: { ...there, ...record, sparse: false } };
}

/** A place in the batch where nothing is done. */
function nothing({ name }: EntityTraits, none: "conflict" | "ambiguous", id: string | undefined): PlannedItem {
  return { item: { operation: "query", query: `select Id from ${name} where Id = '0'` }, means: { none }, id };
}

function unsupported({ name }: EntityTraits, what: string): ConnectorError {
  return new ConnectorError("UNSUPPORTED", `QuickBooks does not offer to ${what} ${name} records.`);
}
