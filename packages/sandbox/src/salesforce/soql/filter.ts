import type { Condition, ValueQueryCondition, WhereClause } from "@jetstreamapp/soql-parser-js";
import { malformedQuery } from "../errors.js";
import type { Row } from "../schema/definitions.js";
import { createValueTest, equalityKey } from "./compare.js";
import { createTest, type Test } from "./conditions.js";
import { resolveFunction } from "./functions.js";
import { type Literal, readLiteral } from "./literals.js";
import { openScope, type QueryScope, resolvePath } from "./query-scope.js";

type Leaf = Exclude<Condition | ValueQueryCondition, { openParen: number; field?: never }>;

/** The records of a scope that a WHERE clause lets through. Deleted ones only with `includeDeleted`. */
export function selectRows(scope: QueryScope, where: WhereClause | undefined): Row[] {
  const test = where === undefined ? undefined : createTest<Row>(where, (condition) => createRowTest(scope, condition));
  const rows: Row[] = [];
  for (const row of scope.context.store.all(scope.object)) {
    if (row.IsDeleted === true && !scope.context.includeDeleted) continue;
    if (test === undefined || test(row)) rows.push(row);
  }
  return rows;
}

/** The literals of a condition, one or a list. */
export function readLiterals(condition: Leaf, now: number): Literal[] {
  if ("valueQuery" in condition) return [];
  const values = Array.isArray(condition.value) ? condition.value : [condition.value];
  const types = condition.literalType;
  return values.map((value, at) => readLiteral(value, Array.isArray(types) ? types[at] : types, now));
}

function createRowTest(scope: QueryScope, condition: Leaf): Test<Row> {
  if ("valueQuery" in condition) return createSemiJoinTest(scope, condition);
  const { read, field } =
    "fn" in condition ? resolveFunction(scope, condition.fn) : resolvePath(scope, condition.field);
  const test = createValueTest(field, condition.operator, readLiterals(condition, scope.context.now));
  return (row) => test(read(row));
}

/** `AccountId IN (SELECT Id FROM Account WHERE …)` and its opposite. */
function createSemiJoinTest(scope: QueryScope, condition: ValueQueryCondition): Test<Row> {
  const { read, field } = resolvePath(scope, condition.field);
  const query = condition.valueQuery;
  const [selected, ...others] = query.fields ?? [];
  if (
    selected === undefined ||
    others.length > 0 ||
    (selected.type !== "Field" && selected.type !== "FieldRelationship")
  ) {
    throw malformedQuery("semi join sub-selects can only query one field");
  }
  const inner = openScope(scope.context, query.sObject ?? "", query.sObjectAlias);
  const path = selected.type === "Field" ? selected.field : [...selected.relationships, selected.field].join(".");
  const target = resolvePath(inner, path);
  const keys = new Set(selectRows(inner, query.where).map((row) => equalityKey(target.field.type, target.read(row))));
  keys.delete(null);
  const negated = condition.operator === "NOT IN";
  return (row) => keys.has(equalityKey(field.type, read(row))) !== negated;
}
