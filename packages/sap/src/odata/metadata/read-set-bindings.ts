import { childrenOf } from "@isthmus/core";
import type { ODataType } from "../model.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import type { Container } from "./find-container.js";

/** Which set each navigation of each set leads to: set → path of navigations → set. */
export type SetBindings = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** v4 says it in `NavigationPropertyBinding`; v2 in association sets, which name the association of a navigation. */
export function readSetBindings(edmx: Edmx, container: Container, types: ReadonlyMap<string, ODataType>): SetBindings {
  const bindings = new Map<string, Map<string, string>>();
  const setTypes = new Map<string, string>();
  for (const { element } of container.members) {
    const name = element.attributes.get("Name");
    const type = element.attributes.get("EntityType") ?? element.attributes.get("Type");
    if (name === undefined || type === undefined) continue;
    setTypes.set(name, edmx.qualify(type));
    const own = childrenOf(element, "NavigationPropertyBinding").map((binding): [string, string] => [
      requiredAttribute(binding, "Path"),
      lastSegment(requiredAttribute(binding, "Target")),
    ]);
    bindings.set(name, new Map(own));
  }
  bindAssociationSets(edmx, container, types, setTypes, bindings);
  return bindings;
}

function bindAssociationSets(
  edmx: Edmx,
  { members }: Container,
  types: ReadonlyMap<string, ODataType>,
  setTypes: ReadonlyMap<string, string>,
  bindings: ReadonlyMap<string, Map<string, string>>,
): void {
  const roles = readNavigationRoles(edmx);
  for (const { element } of members) {
    if (element.name !== "AssociationSet") continue;
    const association = edmx.qualify(element.attributes.get("Association") ?? "");
    const [first, second] = childrenOf(element, "End").map(({ attributes }) => attributes);
    if (!first || !second) continue;
    for (const [from, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const to = other.get("EntitySet");
      const set = from.get("EntitySet") ?? "";
      const navigation = roles.get(`${association} ${from.get("Role")}`);
      const isKnown = navigation !== undefined && types.get(setTypes.get(set) ?? "")?.navigations.has(navigation);
      if (isKnown && to !== undefined) bindings.get(set)?.set(navigation, to);
    }
  }
}

/** `Namespace.Association Role` → the navigation that starts there. */
function readNavigationRoles(edmx: Edmx): ReadonlyMap<string, string> {
  return new Map(
    edmx.schemas
      .flatMap(({ element }) => childrenOf(element, "EntityType"))
      .flatMap((type) => childrenOf(type, "NavigationProperty"))
      .map(({ attributes }) => [
        `${edmx.qualify(attributes.get("Relationship") ?? "")} ${attributes.get("FromRole")}`,
        attributes.get("Name") ?? "",
      ]),
  );
}

/** `Namespace.Container/Set` of another container, too. */
function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
