import type { ODataProperty, ODataType } from "../model.js";
import type { Annotations, FindAnnotations } from "./annotations.js";
import type { Edmx } from "./edmx.js";
import type { Container } from "./find-container.js";
import { terms } from "./vocabulary.js";

/**
 * Puts what annotations of an entity set say of single properties onto its type. Only where the type has no other set: the
 * other one may allow what this one forbids.
 */
export function restrictProperties(
  types: ReadonlyMap<string, ODataType>,
  edmx: Edmx,
  { members }: Container,
  find: FindAnnotations,
): ReadonlyMap<string, ODataType> {
  const sets = members.flatMap(({ element, owner }) => {
    const type = element.attributes.get("EntityType");
    return type === undefined ? [] : [{ element, owner, type: edmx.qualify(type) }];
  });
  const restricted = new Map(types);
  for (const [name, [only, ...others]] of Map.groupBy(sets, ({ type }) => type)) {
    const type = types.get(name);
    if (!type || !only || others.length > 0) continue;
    const annotations = find(`${only.owner}/${only.element.attributes.get("Name")}`, only.element);
    restricted.set(name, { ...type, properties: restrict(type.properties, annotations) });
  }
  return restricted;
}

function restrict(
  properties: ReadonlyMap<string, ODataProperty>,
  annotations: Annotations,
): ReadonlyMap<string, ODataProperty> {
  const isFree = (term: string, list: string) => {
    const named = new Set(annotations.readRecordPaths(term, list));
    return (name: string) => !named.has(name);
  };
  const mayCreate = isFree(terms.insertRestrictions, "NonInsertableProperties");
  const mayUpdate = isFree(terms.updateRestrictions, "NonUpdatableProperties");
  const mayFilter = isFree(terms.filterRestrictions, "NonFilterableProperties");
  const maySort = isFree(terms.sortRestrictions, "NonSortableProperties");
  return new Map(
    [...properties].map(([name, property]) => [
      name,
      {
        ...property,
        isCreatable: property.isCreatable && mayCreate(name),
        isUpdatable: property.isUpdatable && mayUpdate(name),
        isFilterable: property.isFilterable && mayFilter(name),
        isSortable: property.isSortable && maySort(name),
      },
    ]),
  );
}
