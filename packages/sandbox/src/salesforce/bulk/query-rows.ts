import type { Query, FieldType as SelectedField } from "@jetstreamapp/soql-parser-js";
import { SalesforceError } from "../errors.js";
import type { OutputValue, Row } from "../schema/definitions.js";
import { isAggregate } from "../soql/aggregate.js";
import { selectRows } from "../soql/filter.js";
import { resolveFunction } from "../soql/functions.js";
import { orderRows } from "../soql/order.js";
import { parseSoql } from "../soql/parse-soql.js";
import { openScope, type QueryScope, resolvePath } from "../soql/query-scope.js";
import type { SalesforceState } from "../state.js";
import { writeRow } from "./csv-form.js";
import type { QueryJob, QueryRows } from "./job.js";
import { measurement, measurementLines } from "./measurements.js";

interface Column {
  name: string;
  read: (row: Row) => OutputValue;
}

/** What is asked for a query, before there is a job. */
export type QueryWish = Pick<QueryJob, "query" | "operation" | "version" | "columnDelimiter" | "lineEnding">;

/**
 * Checks a query as the Bulk API does when a job is made.
 *
 * @throws {SalesforceError} for what SOQL forbids, and for what only the Bulk API forbids.
 */
export function planQuery(
  state: SalesforceState,
  wish: QueryWish,
): { query: Query; scope: QueryScope; columns: Column[] } {
  const query = parseSoql(wish.query);
  const context = {
    store: state.store,
    soql: wish.query,
    now: state.clock(),
    includeDeleted: wish.operation === "queryAll",
    version: wish.version,
  };
  const scope = openScope(context, query.sObject ?? "", query.sObjectAlias);
  if (isAggregate(query)) throw notSupported("Aggregate Relationships not supported in Bulk V2 Query");
  if (query.offset !== undefined) throw notSupported("OFFSET is not supported in Bulk V2 Query");
  const columns = (query.fields ?? []).map((selected) => createColumn(scope, selected));
  if (isGenerated(state, scope)) {
    const narrowed = query.where !== undefined || query.orderBy !== undefined;
    if (narrowed) throw notSupported("The sandbox's generated rows can be read whole or with LIMIT only");
  }
  // Looked at here so that a wrong WHERE is told at once.
  else selectRows(scope, query.where);
  // Up to v49.0 columns come in the order of the alphabet.
  if (wish.version < 50) columns.sort((left, right) => (left.name < right.name ? -1 : 1));
  return { query, scope, columns };
}

/** Runs the query of a job. The answer is as of this moment, whatever changes later. */
export function findRows(state: SalesforceState, job: QueryJob): QueryRows {
  const { query, scope, columns } = planQuery(state, job);
  const header = writeRow(
    columns.map(({ name }) => name),
    job,
  );
  if (isGenerated(state, scope)) {
    const count = Math.min(state.settings.measurements, query.limit ?? Number.MAX_SAFE_INTEGER);
    const names = columns.map(({ name }) => name);
    return { count, header, line: measurementLines(names, job) };
  }
  const rows = orderRows(scope, selectRows(scope, query.where), query.orderBy).slice(0, query.limit);
  const lines = rows.map((row) =>
    writeRow(
      columns.map(({ read }) => cellText(read(row))),
      job,
    ),
  );
  return { count: lines.length, header, line: (index) => lines[index] ?? "" };
}

function isGenerated(state: SalesforceState, scope: QueryScope): boolean {
  return scope.object === measurement && state.settings.measurements > 0;
}

function createColumn(scope: QueryScope, selected: SelectedField): Column {
  switch (selected.type) {
    case "Field":
    case "FieldRelationship": {
      const relationships = selected.type === "Field" ? [] : selected.relationships;
      const path = resolvePath(scope, [...relationships, selected.field].join("."));
      if (path.field.type === "address") throw notSupported("Selecting compound data not supported in Bulk Query");
      return { name: path.names.join("."), read: path.read };
    }
    case "FieldSubquery":
      throw notSupported("Aggregate Relationships not supported in Bulk V2 Query with CSV content type");
    case "FieldTypeof":
      throw notSupported("TYPEOF is not supported in Bulk V2 Query");
    case "FieldFunctionExpression": {
      if (selected.functionName.toUpperCase() === "FIELDS") {
        throw notSupported("FIELDS() is not supported in Bulk V2 Query");
      }
      const { read } = resolveFunction(scope, selected);
      return { name: selected.alias ?? String(selected.parameters[0]), read };
    }
  }
}

function cellText(value: OutputValue): string {
  if (value === null || typeof value === "object") return "";
  // A CSV has instants in the form of XML Schema, where JSON has `+0000`.
  return typeof value === "string" ? value.replace(/^(\d{4}-\d\d-\d\dT[\d:.]+)\+0000$/, "$1Z") : String(value);
}

function notSupported(message: string): SalesforceError {
  return new SalesforceError(400, "API_ERROR", message);
}
