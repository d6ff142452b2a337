import { findExcess } from "../../bounded-json.js";
import { Issues, within } from "../issues.js";
import type { ODataModel, ODataType } from "../model.js";
import { findType } from "../model-lookup.js";
import { refuse } from "../values/unfit-value.js";
import { toExpand, writeShapeV2 } from "./expand-v2.js";
import { filterLimits } from "./filter.js";
import { expandedType, type Writing, writeOrder, writeSelect } from "./names.js";
import type { Expand, Query } from "./query.js";
import { collectFilter } from "./write-filter.js";

/**
 * A query as it stands behind `?`, percent-encoded; `""` when nothing is asked. Every name is one of the metadata, and every value
 * a literal of its type.
 *
 * v2: `$inlinecount=allpages` counts; what is expanded has only `select` and `expand`, and once anything is selected, what is
 * expanded is added to `$select`, as v2 would leave it out otherwise.
 *
 * @param typeName - Qualified type of the entities.
 * @throws {ValidationError} naming each field that the type does not have, or whose value or use does not fit.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptions
 * @see https://www.odata.org/documentation/odata-version-2-0/uri-conventions/
 */
export function writeQuery(model: ODataModel, typeName: string, query: Query): string {
  // As most reads of a single record.
  if (Object.keys(query).length === 0) return "";
  return [...queryOptions(model, typeName, query)]
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

/** As {@link writeQuery}, option by option and not percent-encoded. */
export function queryOptions(model: ODataModel, typeName: string, query: Query): ReadonlyMap<string, string> {
  const issues = new Issues("The query");
  const excess = findExcess(query, filterLimits);
  if (excess !== undefined) issues.add("", excess);
  issues.throwIfAny();
  const options = collectOptions({ model, issues }, findType(model, typeName), query, "");
  issues.throwIfAny();
  return options;
}

function collectOptions(writing: Writing, type: ODataType, query: Query, path: string): ReadonlyMap<string, string> {
  const { model, issues } = writing;
  const options = new Map<string, string>();
  const { filter, orderBy = [], top, skip, count, search } = query;
  if (filter) options.set("$filter", collectFilter(model, type.name, filter, issues, within(path, "filter")));
  for (const [name, value] of writeShape(writing, type, query, path)) options.set(name, value);
  if (orderBy.length > 0) options.set("$orderby", writeOrder(writing, type, orderBy));
  for (const [name, value] of Object.entries({ top, skip })) {
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) issues.add(within(path, name), "must be a whole number from 0");
    options.set(`$${name}`, String(value));
  }
  if (count && model.version === "v2") options.set("$inlinecount", "allpages");
  if (count && model.version === "v4") options.set("$count", "true");
  if (search !== undefined) {
    const text = issues.collect(within(path, "search"), () => writeSearch(model, search));
    if (text !== undefined) options.set("$search", text);
  }
  return options;
}

/** `$select` and `$expand`. */
function writeShape(writing: Writing, type: ODataType, query: Query, path: string): ReadonlyMap<string, string> {
  const { select, expand = [] } = query;
  const selected = select && writeSelect(writing, type, select, path);
  const expands = expand.map(toExpand);
  const [allSelected, expanded] =
    writing.model.version === "v2"
      ? writeShapeV2(writing, type, selected, expands)
      : [selected, expands.map((each, at) => writeExpand(writing, type, each, within(within(path, "expand"), at)))];
  return new Map([
    ...(allSelected ? [["$select", allSelected.join(",")] as const] : []),
    ...(expanded.length > 0 ? [["$expand", expanded.join(",")] as const] : []),
  ]);
}

/** v4: `Items($filter=…;$expand=…)`. */
function writeExpand(writing: Writing, type: ODataType, expand: Expand, path: string): string {
  const { navigation: name, ...query } = expand;
  const target = writing.issues.collect(name, () => expandedType(writing.model, type, name));
  if (!target) return name;
  const options = [...collectOptions(writing, target, query, path)].map((option) => option.join("="));
  return options.length === 0 ? name : `${name}(${options.join(";")})`;
}

/** Each word as a phrase of its own: all are looked for, and none is an operator. */
function writeSearch({ version }: ODataModel, search: string): string {
  if (version === "v2") refuse("is not a part of OData v2: use a filter");
  const words = search.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) refuse("must have a word");
  if (/["\\]/.test(search) || !search.isWellFormed()) refuse("must not have quotes or backslashes");
  return words.map((word) => `"${word}"`).join(" ");
}
