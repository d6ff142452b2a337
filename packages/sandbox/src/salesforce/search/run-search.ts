import { SalesforceError } from "../errors.js";
import type { FieldDefinition, ObjectDefinition, OutputValue, Row } from "../schema/definitions.js";
import { listObjects, readField } from "../schema/schema.js";
import { runQuery } from "../soql/run-query.js";
import type { SalesforceState } from "../state.js";
import type { Search, SearchScope } from "./parse-sosl.js";
import { malformedSearch } from "./search-error.js";
import { readSearchTerms, wordsOf } from "./search-terms.js";

const textTypes: readonly string[] = ["string", "textarea", "email", "phone", "url"];

const scopes: Readonly<Record<SearchScope, (field: FieldDefinition) => boolean>> = {
  ALL: (field) => textTypes.includes(field.type),
  NAME: (field) => field.nameField,
  EMAIL: (field) => field.type === "email",
  PHONE: (field) => field.type === "phone",
  SIDEBAR: (field) => field.nameField || field.type === "email" || field.type === "phone",
};

/**
 * The records that a search finds, object by object in the order of RETURNING.
 *
 * @throws {SalesforceError} MALFORMED_SEARCH, INVALID_SEARCH, INVALID_TYPE, INVALID_FIELD
 */
export function runSearch(state: SalesforceState, search: Search, version: number): Record<string, OutputValue>[] {
  const test = readSearchTerms(search.terms);
  const matches = (object: ObjectDefinition, row: Row): boolean =>
    test(object.fields.filter(scopes[search.scope]).map((field) => wordsOf(String(readField(row, field) ?? ""))));
  const everything = listObjects()
    .filter(({ writable }) => writable)
    .map(({ name }) => ({ object: name, fields: "Id", clauses: "" }));
  const targets = search.targets.length === 0 ? everything : search.targets;
  const found = targets.flatMap(({ object, fields, clauses }) => {
    const soql = `SELECT ${fields} FROM ${object}${clauses}`;
    const context = { store: state.store, soql, now: state.clock(), includeDeleted: false, version, matches };
    return asSearch(() => runQuery(context).records);
  });
  return found.slice(0, search.limit);
}

function asSearch<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof SalesforceError && error.errorCode === "MALFORMED_QUERY") throw malformedSearch(error.message);
    throw error;
  }
}
