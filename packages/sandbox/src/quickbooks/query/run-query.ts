import { commonFilterable, type EntityDefinition, findEntity } from "../data/entities.js";
import { type Fields, isObject, valueAt } from "../data/json.js";
import type { JsonObject, QuickbooksRecord, QuickbooksRecords } from "../data/records.js";
import { queryValidationError } from "../errors.js";
import { compareValues, meets, plainValue } from "./compare.js";
import { type ParsedQuery, parseQuery } from "./parse-query.js";

/**
 * Answers a query.
 *
 * @param render - Gives a record as the API shows it.
 * @returns what stands under `QueryResponse`; an empty object when nothing was found.
 * @throws {QuickbooksFault} 4000 or 4001 for a query that cannot be read or answered.
 */
export function runQuery(
  text: string,
  records: QuickbooksRecords,
  render: (definition: EntityDefinition, record: QuickbooksRecord) => JsonObject,
): JsonObject {
  const query = parseQuery(text);
  const definition = findEntity(query.entity);
  if (definition === undefined) throw queryValidationError(`Entity ${query.entity} not found`);
  const all = records.all(definition.name);
  const fields = [...query.conditions, ...query.order].map(({ field }) => field);
  const names = new Map([...fields, ...query.columns].map((field) => [field, findField(definition, field, all)]));
  const nameOf = (field: string): string => names.get(field) ?? field;
  const found = all.filter((record) => isWanted(record, query, nameOf));
  if (query.isCount) return { totalCount: found.length };
  const sorted = sortRecords(found, query, nameOf);
  const page = sorted.slice(query.startPosition - 1, query.startPosition - 1 + query.maxResults);
  if (page.length === 0) return {};
  const rendered = page.map((record) => render(definition, record));
  const projected =
    query.columns.length === 0 ? rendered : rendered.map((record) => project(record, query.columns.map(nameOf)));
  return { [definition.name]: projected, startPosition: query.startPosition, maxResults: page.length };
}

/** The field's name as the API spells it. @throws {QuickbooksFault} 4001 for one that cannot be asked for. */
function findField(definition: EntityDefinition, field: string, records: readonly QuickbooksRecord[]): string {
  const known = [...commonFilterable, ...definition.filterable];
  const name = known.find((candidate) => candidate.toLowerCase() === field.toLowerCase());
  if (name !== undefined) return name;
  const exists = records.some((record) => valueAt(record, field) !== undefined);
  throw queryValidationError(
    exists ? `property '${field}' is not queryable` : `Property ${field} not found for Entity ${definition.name}`,
  );
}

function isWanted(record: QuickbooksRecord, query: ParsedQuery, nameOf: (field: string) => string): boolean {
  const asksForActive = query.conditions.some(({ field }) => nameOf(field) === "Active");
  if (!asksForActive && record.Active === false) return false;
  return query.conditions.every((condition) => meets(valueAt(record, nameOf(condition.field)), condition));
}

function sortRecords(
  records: readonly QuickbooksRecord[],
  query: ParsedQuery,
  nameOf: (field: string) => string,
): readonly QuickbooksRecord[] {
  if (query.order.length === 0) return records;
  return records.toSorted((left, right) => {
    for (const { field, descending } of query.order) {
      const [first, second] = [plainValue(valueAt(left, nameOf(field))), plainValue(valueAt(right, nameOf(field)))];
      const order = compareMissing(first, second) ?? compareValues(first ?? "", second ?? "") ?? 0;
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

/** What has no value comes first. */
function compareMissing(left: unknown, right: unknown): number | undefined {
  if (left !== undefined && right !== undefined) return undefined;
  return Number(left !== undefined) - Number(right !== undefined);
}

/** Named fields only, with `Id` and what marks the record as incomplete. */
function project(record: JsonObject, columns: readonly string[]): JsonObject {
  const projected: Fields = { domain: "QBO", sparse: true };
  for (const column of ["Id", ...columns]) {
    const [name = column, ...rest] = column.split(".");
    const value = valueAt(record, column);
    if (value === undefined) continue;
    const outer = projected[name];
    projected[name] = rest.length === 0 ? value : { ...(isObject(outer) ? outer : {}), [rest.join(".")]: value };
  }
  return projected;
}
