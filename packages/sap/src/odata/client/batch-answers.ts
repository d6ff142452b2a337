import type { TransportResponse } from "@isthmus/core";
import { ConnectorError } from "@isthmus/core";
import { assertNoPage } from "../../errors/html-page.js";
import { headerOf } from "./answer.js";
import { type BatchItem, callsOf, contentIds, isChangeset, type RawResult } from "./batch-items.js";
import { readExactJson } from "./exact-json.js";
import { isGood } from "./exchange.js";
import { groupNames, readJsonBatch } from "./json-batch.js";
import { type MultipartPart, readMultipart } from "./multipart-reader.js";

/**
 * What a multipart answer has for each item. Fewer than there are items only where the service stopped at a failure.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it does not fit the items.
 */
export function readParts(answer: TransportResponse, items: readonly BatchItem[]): readonly RawResult[] {
  assertNoPage(answer);
  const ids = contentIds(items.flatMap(callsOf));
  const parts = readMultipart(headerOf(answer, "content-type"), answer.body, ids.length);
  if (parts.length > items.length) throw wrongCount();
  let at = 0;
  const results = items.slice(0, parts.length).map((item, index) => {
    const own = ids.slice(at, at + callsOf(item).length);
    at += own.length;
    return toRaw(parts[index], item, own);
  });
  // A service that stops does so at a failure: with anything else at the end, answers are missing in between.
  const last = results.at(-1);
  if (parts.length < items.length && !(last && isFailed(last))) throw wrongCount();
  return results;
}

function toRaw(part: MultipartPart | undefined, item: BatchItem, ids: readonly string[]): RawResult {
  if (part === undefined) throw wrongCount();
  if (part.kind === "answer") {
    if (ids.length === 1) return { answers: [part.answer] };
    // One answer to a change set is that of its failure.
    if (isGood(part.answer)) throw wrongCount();
    return { failed: part.answer };
  }
  const inner = part.parts.map((one) => {
    if (one.kind === "changeset") throw wrongCount();
    return one;
  });
  const failed = inner.find(({ answer }) => !isGood(answer));
  if (failed && ids.length > 1) return { failed: failed.answer };
  const isRead = !isChangeset(item) && !item.changes;
  if (isRead || inner.length !== ids.length) throw wrongCount();
  return { answers: inOrder(inner, ids) };
}

/** By content id where each is answered by one: v4 leaves the order within a change set open. Else as they came. */
function inOrder(parts: readonly (MultipartPart & { readonly kind: "answer" })[], ids: readonly string[]) {
  const byId = new Map(parts.map((part) => [part.contentId, part.answer]));
  const answers = ids.map((id) => byId.get(id)).filter((answer) => answer !== undefined);
  return answers.length === parts.length ? answers : parts.map(({ answer }) => answer);
}

/** The same of an answer in JSON. */
export function readJson(answer: TransportResponse, items: readonly BatchItem[]): readonly RawResult[] {
  assertNoPage(answer);
  const ids = contentIds(items.flatMap(callsOf));
  const groups = groupNames(items, ids);
  const answers = readJsonBatch(readExactJson(answer.text()), [
    ...ids,
    ...groups.filter((group) => group !== undefined),
  ]);
  let at = 0;
  const results = items.map((item, index): RawResult => {
    const own = callsOf(item).map(() => answers.get(ids[at++] ?? ""));
    const whole = answers.get(groups[index] ?? "");
    if (whole) {
      // One answer to a change set is that of its failure.
      if (isGood(whole) || own.some((one) => one !== undefined)) throw wrongCount();
      return { failed: whole };
    }
    const failed = own.find((one) => one !== undefined && !isGood(one));
    if (failed && isChangeset(item)) return { failed };
    const known = own.filter((one) => one !== undefined);
    if (known.length === own.length) return { answers: known };
    if (known.length > 0) throw wrongCount();
    return { notDone: true };
  });
  if (results.some((result) => "notDone" in result) && !results.some(isFailed)) throw wrongCount();
  return results;
}

function isFailed(result: RawResult): boolean {
  return "failed" in result || ("answers" in result && result.answers.some((answer) => !isGood(answer)));
}

/** An answer with more, fewer or other parts than were asked for. */
export function wrongCount(): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", "SAP's answer to the batch does not fit its requests.");
}
