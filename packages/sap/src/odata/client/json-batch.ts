import { ConnectorError, type ResponseHeaders } from "@isthmus/core";
import { isObject } from "../../wire-values.js";
import { TextAnswer } from "./answer.js";
import { type BatchItem, callsOf, contentIds, isChangeset, referenceOf } from "./batch-items.js";
import { headersOf } from "./exchange.js";

/**
 * A batch as JSON (v4). A change set becomes an atomicity group; a call that refers to another one depends on it.
 *
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_BatchRequestsandResponses
 */
export function writeJsonBatch(items: readonly BatchItem[]): string {
  const ids = contentIds(items.flatMap(callsOf));
  const groups = groupNames(items, ids);
  let at = 0;
  const requests = items.flatMap((item, index) => {
    const group = groups[index];
    return callsOf(item).map(({ method, path, headers, body }) => {
      const id = ids[at] ?? "";
      at += 1;
      const reference = referenceOf(path);
      return {
        id,
        ...(group !== undefined && { atomicityGroup: group }),
        ...(reference !== undefined && { dependsOn: [reference] }),
        method,
        url: path,
        headers: { ...headersOf("v4", body !== undefined), ...headers },
        ...(body !== undefined && { body }),
      };
    });
  });
  return JSON.stringify({ requests });
}

/** By item, the name of a change set's atomicity group: none is also the id of a call, as a service may answer by either. */
export function groupNames(items: readonly BatchItem[], ids: readonly string[]): readonly (string | undefined)[] {
  const taken = new Set(ids);
  let last = 0;
  return items.map((item) => {
    if (!isChangeset(item)) return undefined;
    do last += 1;
    while (taken.has(`group${last}`));
    return `group${last}`;
  });
}

/**
 * The answers by the id of their request, or of the group that they are for as a whole.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for anything that is no answer to these requests.
 */
export function readJsonBatch(body: unknown, ids: readonly string[]): ReadonlyMap<string, TextAnswer> {
  const responses = isObject(body) ? body.responses : undefined;
  if (!Array.isArray(responses)) throw broken("has no `responses`");
  if (responses.length > ids.length) throw broken("has more parts than there were requests");
  const known = new Set(ids);
  const answers = new Map<string, TextAnswer>();
  for (const response of responses) {
    if (!isObject(response)) throw broken("has a part that is no answer");
    const { id, status } = response;
    if (typeof id !== "string" || !known.has(id) || answers.has(id)) throw broken("has a part for no request");
    if (typeof status !== "number" || !Number.isInteger(status)) throw broken("has a part without a status");
    answers.set(id, new TextAnswer(status, toHeaders(response.headers), toText(response.body)));
  }
  return answers;
}

function toText(body: unknown): string {
  if (body === undefined || body === null) return "";
  if (typeof body === "string") return body;
  try {
    // Numbers that are inexact in JavaScript came as texts: writing them again loses nothing.
    return JSON.stringify(body);
  } catch {
    // It was JSON before: all that can be wrong is a nesting beyond the stack.
    throw broken("has a part that is nested too deep");
  }
}

function toHeaders(headers: unknown): ResponseHeaders {
  if (!isObject(headers)) return {};
  const entries = Object.entries(headers).slice(0, 128);
  return Object.fromEntries(
    entries
      .filter(([, value]) => typeof value === "string")
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

function broken(problem: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `SAP's answer to the batch ${problem}.`);
}
