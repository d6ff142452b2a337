import { type ConnectorError, ValidationError } from "@isthmus/core";
import type { ODataAnswer } from "./answer.js";
import type { ODataCall } from "./call.js";

/** Calls that happen all or not at all. Each of them changes something. */
export interface ODataChangeset<Calls extends readonly ODataCall[] = readonly ODataCall[]> {
  readonly changeset: Calls;
}

/** One thing of a batch. */
export type BatchItem = ODataCall | ODataChangeset;

/** What became of one call of a batch. `error` is what the same call alone would have thrown. */
export type BatchResult<Value = unknown> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: ConnectorError };

/** The results of a batch, item by item: of a change set, a result for each of its calls. */
export type BatchResults<Items extends readonly BatchItem[]> = {
  [Index in keyof Items]: Items[Index] extends ODataCall<infer Value>
    ? BatchResult<Value>
    : Items[Index] extends ODataChangeset<infer Calls>
      ? { [At in keyof Calls]: Calls[At] extends ODataCall<infer Value> ? BatchResult<Value> : never }
      : never;
};

/** What came for one call or change set, before anybody has looked at it. */
export type RawResult =
  | { readonly answers: readonly ODataAnswer[] }
  /** A change set answered once for all: it failed. */
  | { readonly failed: ODataAnswer }
  /** v4: an earlier item failed and the service went no further. */
  | { readonly notDone: true };

/** Calls of one batch. */
export const mostCalls = 1_000;

/** A change set. */
export function changeset<const Calls extends readonly ODataCall[]>(...calls: Calls): ODataChangeset<Calls> {
  return { changeset: calls };
}

/** Whether an item is a change set. */
export function isChangeset(item: BatchItem): item is ODataChangeset {
  return "changeset" in item;
}

/** The calls of an item. */
export function callsOf(item: BatchItem): readonly ODataCall[] {
  return isChangeset(item) ? item.changeset : [item];
}

/** @throws {ValidationError} for a batch that no service could run. Nothing is sent. */
export function assertBatch(items: readonly BatchItem[]): void {
  const count = items.reduce((sum, item) => sum + callsOf(item).length, 0);
  if (count === 0 || count > mostCalls) {
    throw new ValidationError(`A batch has 1 to ${mostCalls} calls; this one has ${count}.`);
  }
  for (const [index, item] of items.entries()) {
    const at = `Item ${index} of the batch`;
    if (!isChangeset(item)) {
      if (referenceOf(item.path) === undefined) continue;
      throw new ValidationError(`${at} refers to another call. Put both into one change set.`);
    }
    if (item.changeset.length === 0) throw new ValidationError(`${at} is an empty change set.`);
    if (item.changeset.some((call) => !call.changes)) {
      throw new ValidationError(`${at} is a change set with a call that only reads. Put it beside the change set.`);
    }
    assertReferences(item, at);
  }
}

function assertReferences({ changeset: calls }: ODataChangeset, at: string): void {
  const known = new Set<string>();
  for (const { path, contentId } of calls) {
    const reference = referenceOf(path);
    if (reference !== undefined && !known.has(reference)) {
      throw new ValidationError(`${at} refers to $${reference}, which no earlier call of the change set makes.`);
    }
    if (contentId === undefined) continue;
    if (known.has(contentId)) throw new ValidationError(`${at} has the content id ${contentId} twice.`);
    known.add(contentId);
  }
}

/** The content id that a path begins with. */
export function referenceOf(path: string): string | undefined {
  return /^\$([A-Za-z0-9_-]+)(\/|$)/.exec(path)?.[1];
}

/** A content id for each call of a batch: its own, or a number that none has. */
export function contentIds(calls: readonly ODataCall[]): readonly string[] {
  const taken = new Set(calls.map(({ contentId }) => contentId));
  let last = 0;
  return calls.map(({ contentId }) => {
    if (contentId !== undefined) return contentId;
    do last += 1;
    while (taken.has(String(last)));
    return String(last);
  });
}
