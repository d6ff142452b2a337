import { cannotDeserialize } from "../data/coerce.js";
import { SalesforceError } from "../errors.js";
import { flagOf, objectsOf, parseJsonObject } from "../rest/json-body.js";
import type { RestTable } from "../rest/rest-table.js";
import type { SalesforceState } from "../state.js";
import { answerSubrequest } from "./run-subrequests.js";

const maximumSubrequests = 25;

const haltedResult = [
  {
    errorCode: "BATCH_PROCESSING_HALTED",
    message: "Batch processing halted per request because a previous sub-request failed.",
  },
];

/**
 * Adds `/composite/batch`: calls that have nothing to do with one another; nothing is taken back.
 *
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-batch.html
 */
export function addBatchRoute(table: RestTable, state: SalesforceState): void {
  table.add("POST", "/composite/batch", (call) => {
    const body = parseJsonObject(call.text);
    const parts = objectsOf(body, "batchRequests").map(({ method, url, richInput }) => {
      if (typeof method !== "string") throw cannotDeserialize("HttpMethod", method ?? null, "[line:1, column:1]");
      if (typeof url !== "string") throw cannotDeserialize("String", url ?? null, "[line:1, column:1]");
      return { method: method.toUpperCase(), url: absolute(url), headers: {}, body: richInput };
    });
    if (parts.length > maximumSubrequests) {
      const message = `The request can’t contain more than ${maximumSubrequests} operations.`;
      throw new SalesforceError(400, "LIMIT_EXCEEDED", message);
    }
    // Unlike the parts of a composite request, each counts as a call of its own.
    state.apiUsage.used += Math.max(0, parts.length - 1);
    const haltOnError = flagOf(body, "haltOnError");
    let hasErrors = false;
    const results = parts.map((part) => {
      if (hasErrors && haltOnError) return { statusCode: 412, result: haltedResult };
      const answer = answerSubrequest(table, call, part);
      if (answer.status >= 400) hasErrors = true;
      return { statusCode: answer.status, result: answer.body ?? null };
    });
    return { status: 200, body: { hasErrors, results } };
  });
}

/** In a batch, URLs begin with the version: `v60.0/sobjects/…`; some write the whole path. */
function absolute(url: string): string {
  return url.startsWith("/services/data/") ? url : `/services/data/${url.replace(/^\//, "")}`;
}
