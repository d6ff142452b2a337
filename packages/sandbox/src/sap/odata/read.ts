import type { SapSettings } from "../settings.js";
import type { SapState } from "../state.js";
import type { EntityModel, ServiceModel } from "./model/service-model.js";
import { isMatch } from "./query/evaluate-filter.js";
import type { QueryOptions } from "./query/query-options.js";
import { compareTyped, toTypedValue } from "./query/typed-value.js";
import type { FoundRow, ReadEngine, Snapshot } from "./read-engine.js";
import type { EdmValue, Row } from "./rows.js";

/** A page of entities. */
export interface Page {
  rows: FoundRow[];
  /** How many fit the filter, on all pages. */
  total: number;
  /** The `$skiptoken` of the next page, where there is one. */
  next: number | undefined;
}

/** Filters, sorts, cuts a page and expands what is on it. */
export async function readPage(
  engine: ReadEngine,
  place: { state: SapState; service: ServiceModel; entity: EntityModel; snapshot: Snapshot },
  found: readonly FoundRow[],
  options: QueryOptions,
  pageSize: number,
): Promise<Page> {
  const { service, entity, snapshot } = place;
  const rows = selectRows(
    service,
    entity,
    found.map(({ row }) => row),
    options,
    snapshot,
  );
  const wanted = rows.slice(options.skip, options.top === undefined ? undefined : options.skip + options.top);
  const page = wanted.slice(options.skipToken, options.skipToken + pageSize);
  const reached = options.skipToken + page.length;
  return {
    rows: await Promise.all(page.map((row) => expandRow(engine, place, row, options))),
    total: rows.length,
    next: reached < wanted.length ? reached : undefined,
  };
}

/** An entity with its expanded navigations, each with its own options (v4) applied. */
export async function expandRow(
  engine: ReadEngine,
  place: { service: ServiceModel; entity: EntityModel; snapshot: Snapshot },
  row: Row,
  options: QueryOptions,
): Promise<FoundRow> {
  const { service, entity, snapshot } = place;
  return applyNested(service, await engine.expand(service, entity, row, options.expand, snapshot), options, snapshot);
}

/** How many entities a page may have: the caller may ask for fewer (`odata.maxpagesize`), not for more. */
export function pageSizeFor(settings: SapSettings, entity: EntityModel, prefer: string | undefined): number {
  if (entity.paged === false) return Number.POSITIVE_INFINITY;
  const [, asked] = /(?:odata\.)?maxpagesize=(\d{1,6})/.exec(prefer ?? "") ?? [];
  return Math.max(1, Math.min(settings.pageSize, asked === undefined ? settings.pageSize : Number(asked)));
}

/** Filter, search and order; without an order, by key, so that pages do not overlap. */
export function selectRows(
  service: ServiceModel,
  entity: EntityModel,
  rows: readonly Row[],
  options: QueryOptions,
  snapshot: Snapshot,
): Row[] {
  const follow = (from: EntityModel, row: Row, name: string): Row[] => followRows(from, row, name, snapshot);
  const { filter, search } = options;
  return rows
    .filter((row) => filter === undefined || isMatch(filter, { service, entity, row, follow }))
    .filter((row) => search === undefined || isFound(entity, row, search))
    .sort((left, right) => compareRows(service, entity, left, right, options, follow));
}

function applyNested(service: ServiceModel, found: FoundRow, options: QueryOptions, snapshot: Snapshot): FoundRow {
  const expanded = { ...found.expanded };
  for (const node of options.expand) {
    const inner = expanded[node.navigation.name];
    if (inner === null || inner === undefined) continue;
    if (!Array.isArray(inner)) {
      expanded[node.navigation.name] = applyNested(service, inner, node.options, snapshot);
      continue;
    }
    const byRow = new Map(inner.map((item) => [item.row, item]));
    const { skip, top } = node.options;
    const rows = selectRows(service, node.entity, [...byRow.keys()], node.options, snapshot);
    expanded[node.navigation.name] = rows
      .slice(skip, top === undefined ? undefined : skip + top)
      .flatMap((row) => byRow.get(row) ?? [])
      .map((item) => applyNested(service, item, node.options, snapshot));
  }
  return { row: found.row, expanded };
}

function followRows(entity: EntityModel, row: Row, name: string, snapshot: Snapshot): Row[] {
  const navigation = entity.navigations.find((candidate) => candidate.name === name);
  if (navigation === undefined) return [];
  const isThere = (target: Row): boolean => navigation.on.every(([here, there]) => row[here] === target[there]);
  return snapshot.rowsOf(navigation.target).filter(isThere);
}

function compareRows(
  service: ServiceModel,
  entity: EntityModel,
  left: Row,
  right: Row,
  { orderBy }: QueryOptions,
  follow: (from: EntityModel, row: Row, name: string) => Row[],
): number {
  for (const { path, descending } of [...orderBy, ...entity.keys.map((key) => ({ path: key, descending: false }))]) {
    const [first, second] = [left, right].map((row) => readAt(service, entity, row, path.split("/"), follow));
    const order = compareForOrder(first, second);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

type Located = { property: EntityModel["properties"][number] | undefined; value: EdmValue | undefined };

function readAt(
  service: ServiceModel,
  entity: EntityModel,
  row: Row,
  path: string[],
  follow: (from: EntityModel, row: Row, name: string) => Row[],
): Located {
  const [name = "", ...rest] = path;
  if (rest.length === 0)
    return { property: entity.properties.find((property) => property.name === name), value: row[name] };
  const navigation = entity.navigations.find((candidate) => candidate.name === name);
  const target = service.entities.find(({ type }) => type === navigation?.target);
  const [next] = follow(entity, row, name);
  if (target === undefined || next === undefined) return { property: undefined, value: null };
  return readAt(service, target, next, rest, follow);
}

/** Null first; numbers in text (keys with ALPHA conversion) by their padded value, as the database has them. */
function compareForOrder(left: Located | undefined, right: Located | undefined): number {
  const property = left?.property ?? right?.property;
  if (property === undefined) return 0;
  const [first, second] = [toTypedValue(property, left?.value), toTypedValue(property, right?.value)];
  if (first.kind === "null" || second.kind === "null")
    return Number(first.kind !== "null") - Number(second.kind !== "null");
  if (property.alpha === true) {
    const [a, b] = [first.value.padStart(10, "0"), second.value.padStart(10, "0")];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return compareTyped(first, second) ?? 0;
}

function isFound(entity: EntityModel, row: Row, search: string): boolean {
  const term = search.replaceAll('"', "").toLowerCase();
  return entity.properties.some(
    ({ name, type }) =>
      type === "Edm.String" &&
      String(row[name] ?? "")
        .toLowerCase()
        .includes(term),
  );
}
