import type { ODataModel, ODataNavigation, ODataProperty, ODataType } from "../model.js";
import { refuse } from "../values/unfit-value.js";

/** Where a path of names leads. */
export type PathTarget =
  | { readonly kind: "property"; readonly property: ODataProperty }
  | { readonly kind: "navigation"; readonly navigation: ODataNavigation };

/**
 * Follows a path such as `to_Partner/Address/City` through the model, so that no name gets into a query that the metadata does
 * not have.
 *
 * @throws {UnfitValue} for an unknown name, and for a step over a collection.
 */
export function resolvePath(model: ODataModel, type: ODataType, path: string): PathTarget {
  const names = path.split("/");
  const last = names.pop() ?? "";
  let at = type;
  for (const name of names) at = stepInto(model, at, name);
  return findMember(at, last) ?? refuse(`is not a property of ${at.name}`);
}

/**
 * As {@link resolvePath}, to a property with a primitive value.
 * @throws {UnfitValue} also when the path leads to a navigation, a complex property or a collection.
 */
export function resolveValuePath(model: ODataModel, type: ODataType, path: string): ODataProperty {
  const target = resolvePath(model, type, path);
  if (target.kind === "navigation") return refuse("leads to another entity: name one of its properties");
  const { property } = target;
  if (property.isCollection) return refuse("is a collection: use any or all");
  if (model.types.has(property.type)) return refuse("has properties of its own: name one of them");
  return property;
}

function stepInto(model: ODataModel, type: ODataType, name: string): ODataType {
  const member = findMember(type, name);
  if (!member) return refuse(`has a step that is not a property of ${type.name}`);
  const { type: next, isCollection } = member.kind === "property" ? member.property : member.navigation;
  if (isCollection) return refuse("leads through a collection: use any or all");
  return model.types.get(next) ?? refuse(`goes on behind a type without properties (${next})`);
}

function findMember(type: ODataType, name: string): PathTarget | undefined {
  const property = type.properties.get(name);
  if (property) return { kind: "property", property };
  const navigation = type.navigations.get(name);
  return navigation && { kind: "navigation", navigation };
}
