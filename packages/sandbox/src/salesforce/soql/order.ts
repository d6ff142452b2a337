import type { OrderByClause } from "@jetstreamapp/soql-parser-js";
import type { FieldType, OutputValue, Row } from "../schema/definitions.js";
import { compareValues } from "./compare.js";
import { resolveFunction } from "./functions.js";
import { type QueryScope, resolvePath } from "./query-scope.js";

/** One key of an ORDER BY. */
export interface SortKey<Subject> {
  type: FieldType;
  read: (subject: Subject) => OutputValue;
  order?: "ASC" | "DESC";
  /** Default FIRST, in both directions. */
  nulls?: "FIRST" | "LAST";
}

/** Sorts without changing the input; equal items keep their order. */
export function sortBy<Subject>(subjects: readonly Subject[], keys: readonly SortKey<Subject>[]): Subject[] {
  if (keys.length === 0) return [...subjects];
  const decorated = subjects.map((subject) => ({ subject, values: keys.map((key) => key.read(subject)) }));
  decorated.sort((left, right) => {
    for (const [at, key] of keys.entries()) {
      const difference = compareByKey(key, left.values[at] ?? null, right.values[at] ?? null);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return decorated.map(({ subject }) => subject);
}

/** The records in the order of an ORDER BY clause; without one, in the order they were made. */
export function orderRows(
  scope: QueryScope,
  rows: readonly Row[],
  clauses: OrderByClause | OrderByClause[] | undefined,
): Row[] {
  const list = clauses === undefined ? [] : Array.isArray(clauses) ? clauses : [clauses];
  const keys = list.map((clause): SortKey<Row> => {
    const { field, read } = "fn" in clause ? resolveFunction(scope, clause.fn) : resolvePath(scope, clause.field);
    return { ...clause, type: field.type, read };
  });
  return sortBy(rows, keys);
}

function compareByKey(
  key: { type: FieldType; order?: string; nulls?: string },
  left: OutputValue,
  right: OutputValue,
): number {
  if (left === null || right === null) {
    const difference = compareValues(key.type, left, right);
    return key.nulls === "LAST" ? -difference : difference;
  }
  const difference = compareValues(key.type, left, right);
  return key.order === "DESC" ? -difference : difference;
}
