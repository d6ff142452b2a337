import type { Query } from "@jetstreamapp/soql-parser-js";
import { malformedQuery, SalesforceError } from "../errors.js";
import type { OutputValue } from "../schema/definitions.js";
import { aggregateRows, isAggregate } from "./aggregate.js";
import { selectRows } from "./filter.js";
import { orderRows } from "./order.js";
import { parseSoql } from "./parse-soql.js";
import { createProjection } from "./project.js";
import { openScope, type QueryContext, type QueryScope } from "./query-scope.js";

/** Everything that a query found; the caller cuts it into pages. */
export interface QueryResult {
  totalSize: number;
  /** Empty for `SELECT COUNT()`, whose answer is `totalSize`. */
  records: Record<string, OutputValue>[];
}

const maximumOffset = 2_000;

/**
 * Runs a SOQL query over the stored records.
 *
 * @throws {SalesforceError} MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD, NUMBER_OUTSIDE_VALID_RANGE
 */
export function runQuery(context: QueryContext): QueryResult {
  const query = parseSoql(context.soql);
  const scope = openScope(context, query.sObject ?? "", query.sObjectAlias);
  if ((query.offset ?? 0) > maximumOffset) {
    throw new SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", `Maximum SOQL offset allowed is ${maximumOffset}`);
  }
  assertFieldsBounded(query);
  const { matches } = context;
  const selected = selectRows(scope, query.where);
  const rows = matches === undefined ? selected : selected.filter((row) => matches(scope.object, row));
  if (isPlainCount(query)) return { totalSize: slice(rows, query).length, records: [] };
  const records = isAggregate(query)
    ? slice(aggregateRows(scope, query, rows), query)
    : selectRecords(scope, query, rows);
  return { totalSize: records.length, records };
}

function selectRecords(
  scope: QueryScope,
  query: Query,
  rows: ReturnType<typeof selectRows>,
): Record<string, OutputValue>[] {
  const project = createProjection(scope, query.fields ?? []);
  return slice(orderRows(scope, rows, query.orderBy), query).map(project);
}

function slice<Item>(items: Item[], query: Query): Item[] {
  const from = query.offset ?? 0;
  return items.slice(from, query.limit === undefined ? undefined : from + query.limit);
}

function isPlainCount(query: Query): boolean {
  const [only, ...others] = query.fields ?? [];
  if (only?.type !== "FieldFunctionExpression" || others.length > 0 || query.groupBy !== undefined) return false;
  return only.functionName.toUpperCase() === "COUNT" && only.parameters.length === 0;
}

/** FIELDS(ALL) and FIELDS(CUSTOM) are allowed only where few records can come back. */
function assertFieldsBounded(query: Query): void {
  for (const selected of query.fields ?? []) {
    if (selected.type !== "FieldFunctionExpression" || selected.functionName.toUpperCase() !== "FIELDS") continue;
    const standard = String(selected.parameters[0]).toUpperCase() === "STANDARD";
    if (!standard && (query.limit === undefined || query.limit > 200)) {
      throw malformedQuery("The SOQL FIELDS function must have a LIMIT of at most 200");
    }
  }
}
