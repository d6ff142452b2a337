import { cannotDeserialize } from "../data/coerce.js";
import { isJsonObject, type JsonObject, objectsOf, parseJsonObject } from "../rest/json-body.js";
import type { RestAnswer, RestCall } from "../rest/rest-call.js";
import type { RestTable } from "../rest/rest-table.js";
import type { SalesforceState } from "../state.js";
import { maximumResults, parseSosl, readScope, type Search, type SearchTarget } from "./parse-sosl.js";
import { runSearch } from "./run-search.js";
import { malformedSearch } from "./search-error.js";

/** Records of one object that a search by parameters gives, unless it says otherwise. */
const defaultLimit = 200;

/** Adds `/search` (SOSL) and `/parameterizedSearch`. */
export function addSearchRoutes(table: RestTable, state: SalesforceState): void {
  table.add("GET", "/search", (call) => {
    if (call.query.q === undefined || call.query.q.trim() === "") throw noTerm();
    return answer(state, call, parseSosl(call.query.q));
  });
  table.add("GET", "/parameterizedSearch", (call) => answer(state, call, fromQuery(call.query)));
  table.add("POST", "/parameterizedSearch", (call) => answer(state, call, fromBody(parseJsonObject(call.text))));
}

function answer(state: SalesforceState, call: RestCall, search: Search): RestAnswer {
  const searchRecords = runSearch(state, search, call.version);
  // Up to v36 the records came bare.
  return { status: 200, body: call.version < 37 ? searchRecords : { searchRecords } };
}

/** @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-search-parameterized-get.html */
function fromQuery(query: RestCall["query"]): Search {
  const names = (query.sobject ?? "").split(",").filter((name) => name !== "");
  const common = { fields: query.fields, limit: query.defaultLimit };
  const targets = names.map((name) =>
    toTarget(name, {
      fields: query[`${name}.fields`] ?? common.fields,
      where: query[`${name}.where`],
      limit: query[`${name}.limit`] ?? common.limit,
    }),
  );
  return toSearch(query.q, query.in, query.overallLimit, targets);
}

/** @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-search-parameterized-post.html */
function fromBody(body: JsonObject): Search {
  const given = body.sobjects === undefined ? [] : objectsOf(body, "sobjects");
  const targets = given.map((one) => {
    if (typeof one.name !== "string") throw cannotDeserialize("name", one.name ?? null, "[line:1, column:1]");
    return toTarget(one.name, {
      fields: listText(one.fields ?? body.fields),
      where: textOf(one.where),
      orderBy: Array.isArray(one.orderBy) ? listText(one.orderBy.map(orderText)) : textOf(one.orderBy),
      limit: textOf(one.limit ?? body.defaultLimit),
    });
  });
  return toSearch(textOf(body.q), textOf(body.in), textOf(body.overallLimit), targets);
}

function toSearch(
  terms: string | undefined,
  scope: string | undefined,
  limit: string | undefined,
  targets: SearchTarget[],
): Search {
  if (terms === undefined || terms.trim() === "") throw noTerm();
  return {
    terms,
    scope: readScope(scope ?? "ALL"),
    targets,
    limit: Math.min(maximumResults, wholeNumber(limit, maximumResults)),
  };
}

function toTarget(
  object: string,
  parts: {
    fields?: string | undefined;
    where?: string | undefined;
    orderBy?: string | undefined;
    limit?: string | undefined;
  },
): SearchTarget {
  if (!/^\w+$/.test(object)) throw malformedSearch(`unexpected token: '${object}'`);
  const where = parts.where === undefined ? "" : ` WHERE ${parts.where}`;
  const order = parts.orderBy === undefined ? "" : ` ORDER BY ${parts.orderBy}`;
  const clauses = `${where}${order} LIMIT ${wholeNumber(parts.limit, defaultLimit)}`;
  return { object, fields: parts.fields ?? "Id", clauses };
}

function orderText(order: unknown): string {
  if (!isJsonObject(order)) return String(order);
  return `${String(order.field)} ${String(order.direction ?? "ASC")} ${order.nulls === undefined ? "" : `NULLS ${String(order.nulls)}`}`;
}

function listText(list: unknown): string | undefined {
  return Array.isArray(list) ? list.map(String).join(", ") : textOf(list);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,6}$/.test(text)) throw malformedSearch(`unexpected token: '${text}'`);
  return Number(text);
}

function noTerm(): Error {
  return malformedSearch("No search term found. The search term must be enclosed in braces.");
}
