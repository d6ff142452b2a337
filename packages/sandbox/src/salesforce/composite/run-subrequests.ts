import { assertVersion } from "../api-versions.js";
import type { RecordStore } from "../data/record-store.js";
import { notFound, SalesforceError } from "../errors.js";
import { isJsonObject } from "../rest/json-body.js";
import type { RestAnswer, RestCall } from "../rest/rest-call.js";
import type { RestTable } from "../rest/rest-table.js";
import { resolveReferences, resolveUrl, UnresolvedReferenceError } from "./references.js";
import type { Subrequest } from "./subrequest.js";

/** What became of one part. */
export interface SubrequestResult {
  body: unknown;
  httpHeaders: Record<string, string>;
  httpStatusCode: number;
  referenceId: string | null;
}

/** The failure of a part that could have succeeded, or was never tried. */
export function halted(referenceId: string, message = rolledBackMessage): SubrequestResult {
  const body = [{ errorCode: "PROCESSING_HALTED", message }];
  return { body, httpHeaders: {}, httpStatusCode: 400, referenceId };
}

const rolledBackMessage = "The transaction was rolled back since another operation in the same transaction failed.";

/**
 * Runs the parts one after another; each may refer to the answers of those before it.
 *
 * @param allOrNone - Whether one failure takes everything back; the parts that did not fail are then told as halted.
 */
export function runSubrequests(
  table: RestTable,
  store: RecordStore,
  call: RestCall,
  subrequests: readonly Subrequest[],
  allOrNone: boolean,
): { results: SubrequestResult[]; successful: boolean } {
  const run = (): SubrequestResult[] => {
    const answered = new Map<string, unknown>();
    const results: SubrequestResult[] = [];
    for (const subrequest of subrequests) {
      const result = runSubrequest(table, call, subrequest, answered, allOrNone);
      results.push(result);
      if (isFailure(result) && allOrNone) break;
      if (!isFailure(result)) answered.set(subrequest.referenceId, result.body);
    }
    return results;
  };
  const stands = (results: readonly SubrequestResult[]): boolean => !allOrNone || !results.some(isFailure);
  const results = store.transaction(run, stands);
  if (stands(results)) return { results, successful: !results.some(isFailure) };
  const failed = results.find(isFailure);
  return {
    results: subrequests.map(({ referenceId }) => (failed?.referenceId === referenceId ? failed : halted(referenceId))),
    successful: false,
  };
}

function runSubrequest(
  table: RestTable,
  call: RestCall,
  subrequest: Subrequest,
  answered: ReadonlyMap<string, unknown>,
  allOrNone: boolean,
): SubrequestResult {
  const { referenceId } = subrequest;
  try {
    const url = resolveUrl(subrequest.url, answered);
    const body = resolveReferences(subrequest.body, answered);
    const answer = answerSubrequest(table, call, { ...subrequest, url, body: overrideFlag(url, body, allOrNone) });
    const httpStatusCode = allOrNone && hasFailedRecord(answer.body) ? 400 : answer.status;
    return { body: answer.body ?? null, httpHeaders: capitalize(answer.headers ?? {}), httpStatusCode, referenceId };
  } catch (error) {
    if (error instanceof UnresolvedReferenceError) return halted(referenceId, error.message);
    throw error;
  }
}

/** Answers a part whose references are resolved; what it fails with is its answer. */
export function answerSubrequest(
  table: RestTable,
  call: RestCall,
  subrequest: Pick<Subrequest, "method" | "url" | "headers" | "body">,
): RestAnswer {
  const { method, url, headers, body } = subrequest;
  try {
    const match = /^\/services\/data\/v(\d+)\.0(\/.*)$/.exec(url);
    const path = match?.[2] ?? "";
    const version = Number(match?.[1] ?? 0);
    assertVersion(version);
    // Composite requests do not go into one another.
    if (/^\/composite\/?(batch|graph|tree|\?|$)/.test(path)) throw notFound();
    const uploads: [] = [];
    const text = body === undefined ? "" : JSON.stringify(body);
    const answer = table.answer(path, { method, text, uploads, headers, userId: call.userId, version });
    if (answer.bytes === undefined) return answer;
    throw new SalesforceError(400, "INVALID_INPUT", "Binary data can't be read in a composite request");
  } catch (error) {
    if (error instanceof SalesforceError) return { status: error.status, body: error.toBody() };
    throw error;
  }
}

/** Within a request that is all or none, so is each collection, whatever it says itself. */
function overrideFlag(url: string, body: unknown, allOrNone: boolean): unknown {
  return allOrNone && isCollection(url) && isJsonObject(body) && "records" in body
    ? { ...body, allOrNone: true }
    : body;
}

/** Whether a part is a call of sObject Collections. */
export function isCollection(url: string): boolean {
  return /^\/services\/data\/v\d+\.\d\/composite\/sobjects(\/|\?|$)/.test(url);
}

function hasFailedRecord(body: unknown): boolean {
  return Array.isArray(body) && body.some((entry) => isJsonObject(entry) && entry.success === false);
}

function isFailure(result: SubrequestResult): boolean {
  return result.httpStatusCode >= 400;
}

/** In a result, headers are written as in the documents: `Location`. */
function capitalize(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (first) => first.toUpperCase()), value]),
  );
}
