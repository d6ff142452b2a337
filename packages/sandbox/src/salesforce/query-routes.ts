import { malformedQuery } from "./errors.js";
import type { RestAnswer, RestCall } from "./rest/rest-call.js";
import type { RestTable } from "./rest/rest-table.js";
import type { QueryContext } from "./soql/query-scope.js";
import { runQuery } from "./soql/run-query.js";
import type { SalesforceState } from "./state.js";

const defaultBatchSize = 2_000;

/** Adds `/query`, `/queryAll` (deleted records too) and the further pages of both. */
export function addQueryRoutes(table: RestTable, state: SalesforceState): void {
  for (const [pattern, includeDeleted] of [
    ["/query", false],
    ["/queryAll", true],
  ] as const) {
    table.add("GET", pattern, (call) => firstPage(call, state, includeDeleted));
    table.add("GET", `${pattern}/:locator`, (call) => ({
      status: 200,
      body: state.cursors.nextPage(call.params.locator ?? "", call.userId, call.version),
    }));
  }
}

function firstPage(call: RestCall, state: SalesforceState, includeDeleted: boolean): RestAnswer {
  const soql = call.query.q;
  if (soql === undefined) throw malformedQuery("SOQL statements cannot be empty or null");
  const { version, userId } = call;
  const childPage: QueryContext["childPage"] = (records) =>
    state.cursors.firstChildPage(records, state.settings.childRecordsPerPage, userId, version);
  const result = runQuery({ store: state.store, soql, now: state.clock(), includeDeleted, version, childPage });
  return { status: 200, body: state.cursors.firstPage(result, batchSizeOf(call), userId, version) };
}

/** Salesforce takes 200 to 2 000 records a page; it treats anything else as the nearest of them. */
function batchSizeOf(call: RestCall): number {
  const options = call.headers["sforce-query-options"] ?? "";
  const asked = Number(/batchSize\s*=\s*(\d+)/i.exec(options)?.[1] ?? defaultBatchSize);
  return Math.min(defaultBatchSize, Math.max(200, asked));
}
