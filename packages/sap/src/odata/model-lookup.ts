import { ConnectorError, NotFoundError, ValidationError } from "@isthmus/core";
import type { ODataEntitySet, ODataModel, ODataNavigation, ODataType } from "./model.js";

/**
 * An entity set or singleton by its name.
 * @throws {NotFoundError} when the service has none of that name.
 */
export function findEntitySet(model: ODataModel, name: string): ODataEntitySet {
  const set = model.entitySets.get(name);
  if (set) return set;
  const names = [...model.entitySets.keys()].slice(0, 20).join(", ");
  throw new NotFoundError(
    `The service ${model.namespace} has no entity set ${quote(name)}. It has: ${names || "none"}.`,
  );
}

/**
 * An entity or complex type by its qualified name, which is one of the metadata's own.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the metadata names it and does not describe it.
 */
export function findType(model: ODataModel, name: string): ODataType {
  const type = model.types.get(name);
  if (type) return type;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `The service's metadata does not describe its type ${quote(name)}.`);
}

/** @throws {ValidationError} when the type has no such navigation property. */
export function findNavigation(model: ODataModel, typeName: string, name: string): ODataNavigation {
  const type = findType(model, typeName);
  const navigation = type.navigations.get(name);
  if (navigation) return navigation;
  throw new ValidationError(`${type.name} has no navigation property of this name: ${quote(name)}.`, [
    { path: "navigation", message: `One of: ${[...type.navigations.keys()].slice(0, 20).join(", ")}.` },
  ]);
}

/** Names of the key properties of a set. */
export function keyNamesOf(model: ODataModel, set: string): readonly string[] {
  return findType(model, findEntitySet(model, set).type).keys;
}

/**
 * The key of a record that was read.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when a key property is missing.
 */
export function keyOf(
  model: ODataModel,
  set: string,
  record: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const keys = keyNamesOf(model, set);
  const missing = keys.find((name) => record[name] === undefined || record[name] === null);
  if (missing !== undefined) {
    throw new ConnectorError("UNEXPECTED_RESPONSE", `A record of ${set} came without its key property ${missing}.`);
  }
  return Object.fromEntries(keys.map((name) => [name, record[name]]));
}

/** Whether the one type is the other, or extends it at any distance. */
export function isKindOf(model: ODataModel, name: string, ancestor: string): boolean {
  // Chains end: metadata with a circle is refused when it is read.
  for (let at: string | undefined = name; at !== undefined; at = model.types.get(at)?.baseType) {
    if (at === ancestor) return true;
  }
  return false;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
