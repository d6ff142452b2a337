import type { RecordStore } from "../data/record-store.js";
import { invalidField, SalesforceError } from "../errors.js";
import { normalizeId } from "../ids.js";
import type { FieldDefinition, ObjectDefinition, OutputValue, Row } from "../schema/definitions.js";
import { findField, findObject, findObjectOfId, findParentRelationship, readField } from "../schema/schema.js";
import { pointAt } from "./parse-soql.js";

/** What is known while one query runs. */
export interface QueryContext {
  store: RecordStore;
  /** The text of the whole query, for error messages. */
  soql: string;
  /** The instant that date literals count from. */
  now: number;
  /** Whether deleted records take part (`queryAll`). */
  includeDeleted: boolean;
  /** The API version, for the URLs of records. */
  version: number;
  /** Lets only some records of the query's own object through, before they are ordered and counted. Default: all. */
  matches?: (object: ObjectDefinition, row: Row) => boolean;
  /** Cuts the records of a subquery into pages. Default: all come with their parent. */
  childPage?: (records: Record<string, OutputValue>[]) => Record<string, OutputValue>;
}

/** The object of one FROM clause and the names it goes by. */
export interface QueryScope {
  context: QueryContext;
  object: ObjectDefinition;
  alias: string | undefined;
}

/** A field, perhaps of a record further up. */
export interface FieldPath {
  /** Exact names, such as `["Account", "Owner", "Name"]`. */
  names: string[];
  field: FieldDefinition;
  read: (row: Row) => OutputValue;
}

const customHint =
  "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.";

/** @throws {SalesforceError} INVALID_TYPE for an object that does not exist. */
export function openScope(context: QueryContext, objectName: string, alias?: string): QueryScope {
  const object = findObject(objectName);
  if (object !== undefined) return { context, object, alias };
  const message = `sObject type '${objectName}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`;
  throw new SalesforceError(400, "INVALID_TYPE", pointAt(context.soql, objectName, message));
}

/**
 * Finds the field that a path such as `Account.Owner.Name` or `c.Email` means.
 *
 * @throws {SalesforceError} INVALID_FIELD for an unknown relationship or field.
 */
export function resolvePath(scope: QueryScope, path: string): FieldPath {
  const names = path.split(".");
  if (names.length > 1 && isOwnName(scope, names[0] ?? "")) names.shift();
  if (names.length > 6) throw noRelationship(scope, names[0] ?? path, path);
  return walk(scope, scope.object, names, path);
}

/** The record that a reference field of `row` points to, whatever its object. */
export function followReference(
  context: QueryContext,
  row: Row,
  field: FieldDefinition,
): { object: ObjectDefinition; row: Row } | null {
  const id = row[field.name];
  if (typeof id !== "string") return null;
  const object = findObjectOfId(id);
  const target = object === undefined ? undefined : context.store.get(object, normalizeId(id) ?? id);
  return object === undefined || target === undefined ? null : { object, row: target };
}

function walk(scope: QueryScope, object: ObjectDefinition, names: readonly string[], path: string): FieldPath {
  const [name = "", ...rest] = names;
  if (rest.length === 0) {
    const field = findField(object, name);
    if (field === undefined) throw noColumn(scope, object, name);
    return { names: [field.name], field, read: (row) => readField(row, field) };
  }
  const pointer = findParentRelationship(object, name);
  if (pointer === undefined) throw noRelationship(scope, name, path);
  const branches = walkTargets(scope, pointer, rest, path);
  const [first] = branches.values();
  if (first === undefined) throw noRelationship(scope, name, path);
  return {
    names: [pointer.relationshipName ?? name, ...first.names],
    field: first.field,
    read: (row) => {
      const parent = followReference(scope.context, row, pointer);
      return parent === null ? null : (branches.get(parent.object.name)?.read(parent.row) ?? null);
    },
  };
}

/** A reference may point to several objects (`What.Name`): the rest of the path is found in each that has it. */
function walkTargets(
  scope: QueryScope,
  pointer: FieldDefinition,
  rest: string[],
  path: string,
): Map<string, FieldPath> {
  const branches = new Map<string, FieldPath>();
  let failure: unknown;
  for (const targetName of pointer.referenceTo) {
    const target = findObject(targetName);
    if (target === undefined) continue;
    try {
      branches.set(target.name, walk(scope, target, rest, path));
    } catch (error) {
      failure = error;
    }
  }
  if (branches.size === 0 && failure !== undefined) throw failure;
  return branches;
}

function isOwnName(scope: QueryScope, name: string): boolean {
  const wanted = name.toLowerCase();
  return wanted === scope.alias?.toLowerCase() || wanted === scope.object.name.toLowerCase();
}

function noColumn(scope: QueryScope, object: ObjectDefinition, name: string): SalesforceError {
  const message = `No such column '${name}' on entity '${object.name}'. ${customHint}`;
  return invalidField(pointAt(scope.context.soql, name, message));
}

function noRelationship(scope: QueryScope, name: string, path: string): SalesforceError {
  const message = `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`;
  return invalidField(pointAt(scope.context.soql, path, message));
}
