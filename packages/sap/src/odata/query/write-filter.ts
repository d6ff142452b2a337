import { findExcess } from "../../bounded-json.js";
import { Issues, within } from "../issues.js";
import { type TypedValue, toLiteral } from "../literals.js";
import type { ODataModel, ODataType } from "../model.js";
import { findType } from "../model-lookup.js";
import { resolveType } from "../values/edm-types.js";
import { refuse } from "../values/unfit-value.js";
import { comparisons, type Filter, type FilterValue, filterLimits } from "./filter.js";
import { resolvePath, resolveValuePath } from "./resolve-path.js";

/**
 * A condition as the text of `$filter`, not yet percent-encoded. Names come from the metadata, and values become literals of
 * their property's type: a value cannot be anything else, whatever it contains.
 *
 * @param typeName - Qualified type of the entities that are filtered.
 * @throws {ValidationError} naming each field that the type does not have, may not be filtered by, or whose value does not fit.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter
 * @see https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ (Filter System Query Option)
 */
export function writeFilter(model: ODataModel, typeName: string, filter: Filter): string {
  const issues = new Issues("The filter");
  const excess = findExcess(filter, filterLimits);
  if (excess !== undefined) issues.add("", excess);
  issues.throwIfAny();
  const text = collectFilter(model, typeName, filter, issues, "");
  issues.throwIfAny();
  return text;
}

/** As {@link writeFilter}, with what is wrong noted among other issues. */
export function collectFilter(
  model: ODataModel,
  typeName: string,
  filter: Filter,
  issues: Issues,
  path: string,
): string {
  const scope: Scope = { model, issues, item: findType(model, typeName), prefix: "", depth: 0 };
  return writeCondition(scope, filter, path);
}

/** What names in a condition mean: properties of an entity, or of an item of a collection. */
interface Scope {
  readonly model: ODataModel;
  readonly issues: Issues;
  /** The type of the item, or the primitive property that the items of a collection are like. */
  readonly item: ODataType | TypedValue;
  /** `""`, or the variable of a lambda with a slash: `x0/`. */
  readonly prefix: string;
  /** Of lambdas within lambdas. */
  readonly depth: number;
}

function writeCondition(scope: Scope, filter: Filter, path: string): string {
  const given = Object.entries(filter).filter(([name, value]) => name !== "field" && value !== undefined);
  const [only, ...others] = given;
  if (!only || others.length > 0) {
    scope.issues.add(path, "must have exactly one condition");
    return "";
  }
  const isGroup = only[0] === "and" || only[0] === "or" || only[0] === "not";
  if (isGroup && filter.field !== undefined) scope.issues.add(path, `has a field beside ${only[0]}`);
  if (filter.and) return writeGroup(scope, "and", filter.and, path);
  if (filter.or) return writeGroup(scope, "or", filter.or, path);
  if (filter.not) return `not (${writeCondition(scope, filter.not, within(path, "not"))})`;
  const { field } = filter;
  if (field === undefined) {
    scope.issues.add(within(path, "field"), "is missing");
    return "";
  }
  // Issues name the field, as a caller knows it; where in the filter it stands says less.
  return scope.issues.collect(field, () => writeComparison(scope, field, filter, path)) ?? "";
}

function writeGroup(scope: Scope, operator: "and" | "or", filters: readonly Filter[], path: string): string {
  if (filters.length === 0) scope.issues.add(within(path, operator), "must have a condition");
  const parts = filters.map((each, at) => writeCondition(scope, each, within(within(path, operator), at)));
  return parts.length === 1 ? (parts[0] ?? "") : parts.map((part) => `(${part})`).join(` ${operator} `);
}

function writeComparison(scope: Scope, field: string, filter: Filter, path: string): string {
  if (filter.any) return writeLambda(scope, field, "any", filter.any, path);
  if (filter.all) return writeLambda(scope, field, "all", filter.all, path);
  const { typed, name } = resolveField(scope, field);
  for (const operator of comparisons) {
    const value = filter[operator];
    if (value !== undefined) return `${name} ${operator} ${writeOperand(scope, typed, value, operator)}`;
  }
  if (filter.in) {
    if (filter.in.length === 0) return refuse("must be compared with one value at least");
    // `in` came with v4.01 only; alternatives mean the same and every version has them.
    const parts = filter.in.map((value) => `${name} eq ${writeOperand(scope, typed, value, "eq")}`);
    return parts.length === 1 ? (parts[0] ?? "") : `(${parts.join(" or ")})`;
  }
  return writeTextFunction(scope, typed, name, filter);
}

/** Facets are not checked: a value that is longer than any stored one is a fair question. */
function writeOperand({ model }: Scope, { type }: TypedValue, value: FilterValue, operator: string): string {
  if (value === null && operator !== "eq" && operator !== "ne") return refuse(`must not be null with ${operator}`);
  return toLiteral(model, { type: model.typeDefinitions.get(type)?.type ?? type }, value);
}

function writeTextFunction({ model }: Scope, { type }: TypedValue, name: string, filter: Filter): string {
  if (resolveType(model, { type })?.name !== "Edm.String") return refuse("is not text");
  const literal = (text: string) => toLiteral(model, { type: "Edm.String" }, text);
  if (filter.startsWith !== undefined) return `startswith(${name},${literal(filter.startsWith)})`;
  if (filter.endsWith !== undefined) return `endswith(${name},${literal(filter.endsWith)})`;
  if (filter.contains === undefined) return refuse("has no comparison");
  const { contains } = filter;
  return model.version === "v2"
    ? `substringof(${literal(contains)},${name})`
    : `contains(${name},${literal(contains)})`;
}

function writeLambda(scope: Scope, field: string, operator: "any" | "all", condition: Filter, path: string): string {
  const { model, item, depth } = scope;
  if (model.version === "v2") return refuse(`cannot be asked with ${operator}: OData v2 does not have it`);
  if (!("properties" in item)) return refuse(`is not a property of ${item.type}`);
  const target = resolvePath(model, item, field);
  const typed = target.kind === "property" ? target.property : target.navigation;
  if (!typed.isCollection) return refuse("is not a collection");
  const name = scope.prefix + field;
  if (Object.keys(condition).length === 0 && operator === "any") return `${name}/any()`;
  const variable = `x${depth}`;
  const inner: Scope = {
    ...scope,
    item: model.types.get(typed.type) ?? { type: typed.type },
    prefix: `${variable}/`,
    depth: depth + 1,
  };
  return `${name}/${operator}(${variable}:${writeCondition(inner, condition, within(path, operator))})`;
}

function resolveField(scope: Scope, field: string): { readonly typed: TypedValue; readonly name: string } {
  const { model, item, prefix } = scope;
  if (!("properties" in item)) {
    if (field !== "$this") return refuse("is not a property: an item without properties is $this");
    return { typed: item, name: prefix.slice(0, -1) };
  }
  const name = prefix + field;
  if (model.version === "v4" && field.endsWith("/$count")) {
    const target = resolvePath(model, item, field.slice(0, -"/$count".length));
    const { isCollection } = target.kind === "property" ? target.property : target.navigation;
    return isCollection ? { typed: { type: "Edm.Int64" }, name } : refuse("counts what is not a collection");
  }
  const property = resolveValuePath(model, item, field);
  if (!property.isFilterable) return refuse("may not be filtered by, as the metadata says");
  return { typed: property, name };
}
