import { flagOf, objectsOf, parseJsonObject } from "../rest/json-body.js";
import type { RestAnswer, RestCall } from "../rest/rest-call.js";
import type { RestTable } from "../rest/rest-table.js";
import type { SalesforceState } from "../state.js";
import { addBatchRoute } from "./batch-route.js";
import { addGraphRoute } from "./graph-route.js";
import { isCollection, runSubrequests } from "./run-subrequests.js";
import { assertDistinct, readSubrequest, type Subrequest } from "./subrequest.js";
import { addTreeRoute } from "./tree-route.js";

/** Parts a composite request may have. */
const maximumSubrequests = 25;
/** Of these, queries and collections. */
const maximumQueries = 5;

/** Adds `/composite` and what is below it, but for the collections. */
export function addCompositeRoutes(table: RestTable, state: SalesforceState): void {
  table.add("GET", "/composite", ({ version }) => {
    const base = `/services/data/v${version}.0/composite`;
    const names = ["tree", "batch", "sobjects", "graph"];
    return { status: 200, body: Object.fromEntries(names.map((name) => [name, `${base}/${name}`])) };
  });
  table.add("POST", "/composite", (call) => answerComposite(table, state, call));
  addBatchRoute(table, state);
  addGraphRoute(table, state);
  addTreeRoute(table, state);
}

/** @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite.html */
function answerComposite(table: RestTable, state: SalesforceState, call: RestCall): RestAnswer {
  const body = parseJsonObject(call.text);
  const subrequests = objectsOf(body, "compositeRequest").map((part) => readSubrequest(part, call.version));
  assertDistinct(subrequests);
  if (subrequests.length > maximumSubrequests) {
    return exceedsLimit(`The request can’t contain more than ${maximumSubrequests} operations.`);
  }
  if (subrequests.filter(countsAsQuery).length > maximumQueries) {
    return exceedsLimit(
      `The request can’t contain more than ${maximumQueries} query or sObject Collections operations.`,
    );
  }
  const { results } = runSubrequests(table, state.store, call, subrequests, flagOf(body, "allOrNone"));
  return { status: 200, body: { compositeResponse: results } };
}

/** Too many parts are told within an answer of status 200, with no reference id. */
function exceedsLimit(message: string): RestAnswer {
  const result = {
    body: [{ errorCode: "LIMIT_EXCEEDED", message }],
    httpHeaders: {},
    httpStatusCode: 400,
    referenceId: null,
  };
  return { status: 200, body: { compositeResponse: [result] } };
}

function countsAsQuery({ url }: Subrequest): boolean {
  return isCollection(url) || /^\/services\/data\/v\d+\.\d\/query(All)?(\/|\?|$)/.test(url);
}
