import { NotFoundError } from "@isthmus/core";
import type { ODataEntitySet, ODataModel, ODataType } from "./model.js";

/**
 * An entity set or singleton by its name.
 * @throws {NotFoundError} when the service has none of that name.
 */
export function findEntitySet(model: ODataModel, name: string): ODataEntitySet {
  const set = model.entitySets.get(name);
  if (!set) throw new NotFoundError(`The service ${model.namespace} has no entity set of that name.`);
  return set;
}

/**
 * An entity or complex type by its qualified name.
 * @throws {NotFoundError} when the metadata does not have it.
 */
export function findType(model: ODataModel, name: string): ODataType {
  const type = model.types.get(name);
  if (!type) throw new NotFoundError(`The metadata of ${model.namespace} does not have the type ${name}.`);
  return type;
}

/** Whether the one type is the other, or extends it at any distance. */
export function isKindOf(model: ODataModel, name: string, ancestor: string): boolean {
  // Chains end: metadata with a circle is refused when it is read.
  for (let at: string | undefined = name; at !== undefined; at = model.types.get(at)?.baseType) {
    if (at === ancestor) return true;
  }
  return false;
}
