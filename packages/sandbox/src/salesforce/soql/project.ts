import type { FieldTypeOf, FieldType as SelectedField, Subquery } from "@jetstreamapp/soql-parser-js";
import { invalidField, malformedQuery } from "../errors.js";
import { recordAttributes, renderField } from "../render-record.js";
import type { FieldDefinition, ObjectDefinition, OutputValue, Row } from "../schema/definitions.js";
import { findField, findObject, findParentRelationship, listChildRelationships } from "../schema/schema.js";
import { selectRows } from "./filter.js";
import { resolveFunction } from "./functions.js";
import { orderRows } from "./order.js";
import { pointAt } from "./parse-soql.js";
import { followReference, type QueryScope, resolvePath } from "./query-scope.js";

type Rendered = Record<string, OutputValue>;

/** Puts one selected thing of `row` into `target`. */
type Column = (row: Row, target: Rendered) => void;

/** What SELECT names, as a function from a stored record to the one that is sent. */
export function createProjection(scope: QueryScope, fields: readonly SelectedField[]): (row: Row) => Rendered {
  const columns = fields.flatMap((selected) => createColumns(scope, selected));
  return (row) => {
    const target: Rendered = { attributes: recordAttributes(scope.object, row, scope.context.version) };
    for (const column of columns) column(row, target);
    return target;
  };
}

function createColumns(scope: QueryScope, selected: SelectedField): Column[] {
  switch (selected.type) {
    case "Field":
      return [createFieldColumn(scope, [], selected.field)];
    case "FieldRelationship": {
      const relationships = [...selected.relationships];
      return [createFieldColumn(scope, relationships, selected.field)];
    }
    case "FieldSubquery":
      return [createChildColumn(scope, selected.subquery)];
    case "FieldTypeof":
      return [createTypeOfColumn(scope, selected)];
    case "FieldFunctionExpression": {
      if (selected.functionName.toUpperCase() === "FIELDS")
        return createAllFields(scope, String(selected.parameters[0]));
      const name = selected.alias ?? String(selected.parameters[0]);
      const { read } = resolveFunction(scope, selected);
      return [
        (row, target) => {
          target[name] = read(row);
        },
      ];
    }
  }
}

function createFieldColumn(scope: QueryScope, relationships: string[], fieldName: string): Column {
  const path = resolvePath(scope, [...relationships, fieldName].join("."));
  const parents = path.names.slice(0, -1);
  if (parents.length === 0) {
    return (row, target) => {
      target[path.field.name] = renderField(scope.object, row, path.field, scope.context.version);
    };
  }
  return (row, target) => putNested(scope, { object: scope.object, row }, parents, fieldName, target);
}

/** Walks along the relationships, making the nested records with their own `attributes` on the way. */
function putNested(
  scope: QueryScope,
  from: { object: ObjectDefinition; row: Row },
  relationships: readonly string[],
  fieldName: string,
  target: Rendered,
): void {
  const [relationship = "", ...rest] = relationships;
  const pointer = findParentRelationship(from.object, relationship);
  const parent = pointer === undefined ? null : followReference(scope.context, from.row, pointer);
  const name = pointer?.relationshipName ?? relationship;
  if (parent === null) {
    target[name] = null;
    return;
  }
  const existing = target[name];
  const nested: Rendered =
    typeof existing === "object" && existing !== null && !Array.isArray(existing)
      ? existing
      : { attributes: recordAttributes(parent.object, parent.row, scope.context.version) };
  target[name] = nested;
  if (rest.length > 0) {
    putNested(scope, parent, rest, fieldName, nested);
    return;
  }
  const field = findField(parent.object, fieldName);
  if (field !== undefined) nested[field.name] = renderField(parent.object, parent.row, field, scope.context.version);
}

/** `(SELECT Id FROM Contacts)`: the records that point here, in the shape of a query result of their own. */
function createChildColumn(scope: QueryScope, subquery: Subquery): Column {
  const wanted = subquery.relationshipName.toLowerCase();
  const relationship = listChildRelationships(scope.object).find(({ name }) => name.toLowerCase() === wanted);
  if (relationship === undefined) {
    const message = `Didn't understand relationship '${subquery.relationshipName}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`;
    throw invalidField(pointAt(scope.context.soql, subquery.relationshipName, message));
  }
  const child: QueryScope = { context: scope.context, object: relationship.child, alias: undefined };
  const project = createProjection(child, subquery.fields ?? []);
  const ordered = orderRows(child, selectRows(child, subquery.where), subquery.orderBy);
  const byParent = Map.groupBy(ordered, (row) => row[relationship.field.name]);
  const from = subquery.offset ?? 0;
  const whole = (records: Rendered[]): Rendered => ({ totalSize: records.length, done: true, records });
  const toChildPage = scope.context.childPage ?? whole;
  return (row, target) => {
    const rows = (byParent.get(row.Id ?? null) ?? []).slice(from, from + (subquery.limit ?? Number.MAX_SAFE_INTEGER));
    const records = rows.map(project);
    target[relationship.name] = records.length === 0 ? null : toChildPage(records);
  };
}

/** `TYPEOF What WHEN Account THEN Phone ELSE Name END`: other fields for each kind of record pointed to. */
function createTypeOfColumn(scope: QueryScope, selected: FieldTypeOf): Column {
  const pointer = findParentRelationship(scope.object, selected.field);
  if (pointer === undefined)
    throw invalidField(
      pointAt(scope.context.soql, selected.field, `Didn't understand relationship '${selected.field}' in field path.`),
    );
  const name = pointer.relationshipName ?? selected.field;
  return (row, target) => {
    const parent = followReference(scope.context, row, pointer);
    const branch =
      selected.conditions.find((one) => one.type === "WHEN" && findObject(one.objectType ?? "") === parent?.object) ??
      selected.conditions.find((one) => one.type === "ELSE");
    if (parent === null) target[name] = null;
    else target[name] = renderNamed(scope, parent, branch?.fieldList ?? []);
  };
}

function renderNamed(
  scope: QueryScope,
  parent: { object: ObjectDefinition; row: Row },
  names: readonly string[],
): Rendered {
  const rendered: Rendered = { attributes: recordAttributes(parent.object, parent.row, scope.context.version) };
  for (const name of names) {
    const field = findField(parent.object, name);
    if (field !== undefined)
      rendered[field.name] = renderField(parent.object, parent.row, field, scope.context.version);
  }
  return rendered;
}

const fieldSets: Readonly<Record<string, (field: FieldDefinition) => boolean>> = {
  ALL: () => true,
  STANDARD: (field) => !field.custom,
  CUSTOM: (field) => field.custom,
};

function createAllFields(scope: QueryScope, setName: string): Column[] {
  const belongs = fieldSets[setName.toUpperCase()];
  if (belongs === undefined) throw malformedQuery(`unexpected token: '${setName}'`);
  return scope.object.fields.filter(belongs).map((field) => (row, target) => {
    target[field.name] = renderField(scope.object, row, field, scope.context.version);
  });
}
