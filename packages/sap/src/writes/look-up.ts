import { type ConflictPolicy, codeOf, type RecordWrite, ValidationError } from "@isthmus/core";
import type { ODataKey } from "../odata/client/codec.js";
import type { ODataService } from "../odata/client/odata-service.js";
import type { ODataEntity } from "../odata/client/results.js";
import { keyNamesOf, keyOf } from "../odata/model-lookup.js";
import { keyOfId, type ServiceWords } from "./key-of-id.js";

/** What is known of a record before it is written. */
export type Found =
  /** Nobody looked. `key` where its address is known. */
  | { readonly looked: false; readonly key: ODataKey | undefined }
  | { readonly looked: true; readonly key: ODataKey | undefined; readonly there: ODataEntity | undefined }
  /** It cannot be written at all. */
  | { readonly looked: false; readonly error: unknown };

/** Which set of which service. */
export interface Target {
  readonly service: ODataService;
  readonly words: ServiceWords;
  readonly set: string;
}

/**
 * Reads what the system has of the records that are compared, or looked for, before they are written: those of one batch in one
 * request, and those that are found by another property in one each.
 *
 * @throws {ConnectorError} what the vendor's failure maps to. Nothing was written.
 */
export async function lookUp(
  target: Target,
  writes: readonly RecordWrite[],
  { policy, signal }: { readonly policy: ConflictPolicy; readonly signal: AbortSignal },
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const write of writes) found.push(await findKey(target, write, signal));
  const toRead = found.flatMap((each, index) => {
    const write = writes[index];
    if (each.looked || "error" in each || each.key === undefined || write === undefined) return [];
    // A new record that names its key is looked for only where an earlier try may have made it.
    const isWanted = write.id === undefined ? write.attempted : policy !== "ours";
    return isWanted ? [{ index, key: each.key }] : [];
  });
  if (toRead.length === 0) return found;
  const { service, set } = target;
  const results = await service.batch(
    toRead.map(({ key }) => service.calls.read(set, key)),
    { signal },
  );
  for (const [at, { index, key }] of toRead.entries()) {
    const result = results[at];
    if (result?.ok) found[index] = { looked: true, key, there: result.value };
    else if (codeOf(result?.error) === "NOT_FOUND") found[index] = { looked: true, key, there: undefined };
    else found[index] = { looked: false, error: result?.error };
  }
  return found;
}

async function findKey({ service, words, set }: Target, write: RecordWrite, signal: AbortSignal): Promise<Found> {
  const { id, externalId, record = {} } = write;
  try {
    if (id !== undefined) return { looked: false, key: keyOfId(words, set, id) };
    if (externalId === undefined) return { looked: false, key: keyIn(words, set, record) };
    const filter = { field: externalId.field, eq: externalId.value };
    const { entities } = await service.page(set, { filter, top: 2 }, { signal });
    if (entities.length > 1) return { looked: false, error: ambiguous() };
    const [there] = entities;
    return { looked: true, key: there && keyOf(words.model, set, there.record), there };
  } catch (error) {
    if (isOfRecord(error)) return { looked: false, error };
    throw error;
  }
}

/** The key that a new record names itself; `undefined` where the system numbers it. */
function keyIn({ model }: ServiceWords, set: string, record: Readonly<Record<string, unknown>>): ODataKey | undefined {
  const names = keyNamesOf(model, set);
  const isWhole = names.every((name) => record[name] !== undefined && record[name] !== null && record[name] !== "");
  return isWhole ? Object.fromEntries(names.map((name) => [name, record[name]])) : undefined;
}

function ambiguous(): ValidationError {
  return new ValidationError("Several records have this value. Name the one that is meant by its id.", [
    { path: "externalId", message: "must be the value of one record" },
  ]);
}

/** What is wrong with one record does not keep the others from being written. */
function isOfRecord(error: unknown): boolean {
  return ["VALIDATION_FAILED", "VENDOR_REJECTED", "NOT_FOUND"].includes(codeOf(error));
}
