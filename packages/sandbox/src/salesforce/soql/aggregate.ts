import type {
  FunctionExp,
  HavingClause,
  OrderByClause,
  Query,
  FieldType as SelectedField,
} from "@jetstreamapp/soql-parser-js";
import { malformedQuery } from "../errors.js";
import type { OutputValue, Row } from "../schema/definitions.js";
import { type Comparand, compareValues, createValueTest, equalityKey } from "./compare.js";
import { createTest } from "./conditions.js";
import { readLiterals } from "./filter.js";
import { resolveFunction } from "./functions.js";
import { type SortKey, sortBy } from "./order.js";
import { type QueryScope, resolvePath } from "./query-scope.js";

/** The records that have the same values in the grouping fields. */
type Group = Row[];

/** A value of a whole group. */
interface GroupValue {
  field: Comparand;
  read: (group: Group) => OutputValue;
}

const aggregates: Readonly<Record<string, true>> = {
  COUNT: true,
  COUNT_DISTINCT: true,
  SUM: true,
  AVG: true,
  MIN: true,
  MAX: true,
};

/** Whether a query asks for groups and their sums rather than for records. */
export function isAggregate(query: Query): boolean {
  return query.groupBy !== undefined || (query.fields ?? []).some(isAggregateField);
}

/** Runs the select, having and order-by parts of an aggregate query over the rows that WHERE let through. */
export function aggregateRows(scope: QueryScope, query: Query, rows: Row[]): Record<string, OutputValue>[] {
  const grouping = listOf(query.groupBy).map((clause) =>
    "field" in clause ? resolvePath(scope, clause.field) : resolveFunction(scope, refuseRollup(clause.fn)),
  );
  const groups = groupRows(rows, grouping);
  const columns = selectColumns(scope, query.fields ?? []);
  const having = query.having === undefined ? undefined : createHaving(scope, query.having);
  const kept = having === undefined ? groups : groups.filter(having);
  const sorted = sortBy(
    kept,
    listOf(query.orderBy).map((clause) => createGroupSortKey(scope, clause, columns)),
  );
  return sorted.map((group) => ({
    attributes: { type: "AggregateResult" },
    ...Object.fromEntries(columns.map(([name, column]) => [name, column.read(group)])),
  }));
}

function groupRows(rows: Row[], grouping: { field: Comparand; read: (row: Row) => OutputValue }[]): Group[] {
  // Without GROUP BY everything is one group, even if it is empty.
  if (grouping.length === 0) return [rows];
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = JSON.stringify(grouping.map(({ field, read }) => equalityKey(field.type, read(row))));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function selectColumns(scope: QueryScope, fields: readonly SelectedField[]): [string, GroupValue][] {
  let unnamed = 0;
  return fields.map((selected) => {
    if (selected.type === "FieldFunctionExpression") {
      const name = selected.alias ?? `expr${unnamed++}`;
      return [name, resolveGroupValue(scope, selected)];
    }
    if (selected.type !== "Field" && selected.type !== "FieldRelationship")
      throw malformedQuery("unexpected sub-query in an aggregate query");
    const path = selected.type === "Field" ? selected.field : [...selected.relationships, selected.field].join(".");
    return [
      ("alias" in selected ? selected.alias : undefined) ?? selected.field,
      firstOfGroup(resolvePath(scope, path)),
    ];
  });
}

function resolveGroupValue(scope: QueryScope, fn: FunctionExp): GroupValue {
  const name = (fn.functionName ?? "").toUpperCase();
  if (aggregates[name] === undefined) return firstOfGroup(resolveFunction(scope, fn));
  const [parameter] = fn.parameters ?? [];
  if (parameter === undefined) return { field: { name: "COUNT", type: "int" }, read: (group) => group.length };
  const inner = typeof parameter === "string" ? resolvePath(scope, parameter) : resolveFunction(scope, parameter);
  const valuesOf = (group: Group): OutputValue[] => group.map(inner.read).filter((value) => value !== null);
  const { type } = inner.field;
  switch (name) {
    case "COUNT":
      return { field: { name, type: "int" }, read: (group) => valuesOf(group).length };
    case "COUNT_DISTINCT":
      return {
        field: { name, type: "int" },
        read: (group) => new Set(valuesOf(group).map((value) => equalityKey(type, value))).size,
      };
    case "SUM":
      return { field: { name, type: "double" }, read: (group) => sum(valuesOf(group)) };
    case "AVG":
      return { field: { name, type: "double" }, read: (group) => average(valuesOf(group)) };
    default: {
      const wanted = name === "MIN" ? -1 : 1;
      const pick = (best: OutputValue, value: OutputValue): OutputValue =>
        best === null || Math.sign(compareValues(type, value, best)) === wanted ? value : best;
      return { field: { name, type }, read: (group) => valuesOf(group).reduce(pick, null) };
    }
  }
}

function createHaving(scope: QueryScope, clause: HavingClause): (group: Group) => boolean {
  return createTest<Group>(clause, (condition) => {
    if ("valueQuery" in condition) throw malformedQuery("unexpected sub-query in HAVING");
    const value =
      "fn" in condition ? resolveGroupValue(scope, condition.fn) : firstOfGroup(resolvePath(scope, condition.field));
    const test = createValueTest(value.field, condition.operator, readLiterals(condition, scope.context.now));
    return (group) => test(value.read(group));
  });
}

function createGroupSortKey(scope: QueryScope, clause: OrderByClause, columns: [string, GroupValue][]): SortKey<Group> {
  const value =
    "fn" in clause
      ? resolveGroupValue(scope, clause.fn)
      : (columns.find(([name]) => name === clause.field)?.[1] ?? firstOfGroup(resolvePath(scope, clause.field)));
  return { ...clause, type: value.field.type, read: value.read };
}

function firstOfGroup(value: { field: Comparand; read: (row: Row) => OutputValue }): GroupValue {
  return { field: value.field, read: (group) => (group[0] === undefined ? null : value.read(group[0])) };
}

function isAggregateField(selected: SelectedField): boolean {
  return selected.type === "FieldFunctionExpression" && aggregates[selected.functionName.toUpperCase()] === true;
}

function refuseRollup(fn: FunctionExp): FunctionExp {
  const name = (fn.functionName ?? "").toUpperCase();
  if (name === "ROLLUP" || name === "CUBE") throw malformedQuery(`GROUP BY ${name} is not played by this sandbox`);
  return fn;
}

function sum(values: OutputValue[]): number | null {
  if (values.length === 0) return null;
  // In hundredths of hundredths, so that a sum of money does not show binary rounding.
  return values.reduce<number>((total, value) => total + Math.round(Number(value) * 10_000), 0) / 10_000;
}

function average(values: OutputValue[]): number | null {
  const total = sum(values);
  return total === null ? null : total / values.length;
}

function listOf<Item>(value: Item | Item[] | undefined): Item[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
