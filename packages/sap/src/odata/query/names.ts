import { type Issues, within } from "../issues.js";
import type { ODataModel, ODataType } from "../model.js";
import { refuse } from "../values/unfit-value.js";
import type { OrderBy } from "./query.js";
import { resolvePath, resolveValuePath } from "./resolve-path.js";

/** What writing a query needs at every step. */
export interface Writing {
  readonly model: ODataModel;
  readonly issues: Issues;
}

/** The names of `$select`, each proven to be a property of the type. */
export function writeSelect(
  { model, issues }: Writing,
  type: ODataType,
  names: readonly string[],
  path: string,
): string[] {
  if (names.length === 0) issues.add(within(path, "select"), "must name a property");
  for (const name of names) {
    if (name === "*") continue;
    issues.collect(name, () => {
      const [first = "", ...rest] = name.split("/");
      if (rest.length > 0 && type.navigations.has(first)) refuse("leads to another entity: select it in expand");
      return resolvePath(model, type, name);
    });
  }
  return [...names];
}

/** The text of `$orderby`, its fields proven to be properties that may be sorted by. */
export function writeOrder({ model, issues }: Writing, type: ODataType, orderBy: readonly OrderBy[]): string {
  return orderBy
    .map(({ field, descending }) => {
      issues.collect(field, () => {
        const { isSortable } = resolveValuePath(model, type, field);
        return isSortable || refuse("may not be sorted by, as the metadata says");
      });
      return descending ? `${field} desc` : field;
    })
    .join(",");
}

/**
 * The type that a navigation leads to.
 * @throws {UnfitValue} where the path is not one of a navigation.
 */
export function expandedType(model: ODataModel, type: ODataType, path: string): ODataType {
  const target = resolvePath(model, type, path);
  if (target.kind !== "navigation") return refuse("is not a navigation");
  const [first = ""] = path.split("/");
  // v4 expands navigations of navigations within the first one's options; a path only crosses complex properties.
  if (path.includes("/") && type.navigations.has(first))
    refuse("leads over another navigation: expand it within that one");
  const { type: name } = target.navigation;
  return model.types.get(name) ?? refuse(`leads to a type that the metadata does not have (${name})`);
}
