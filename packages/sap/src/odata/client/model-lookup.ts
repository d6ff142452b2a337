import { ConnectorError, ValidationError } from "@isthmus/core";
import type { ODataEntitySet, ODataModel, ODataNavigation, ODataType } from "../model.js";
import type { ODataKey, ODataRecord } from "./codec.js";

/** @throws {ValidationError} when the service has no such set. */
export function setOf(model: ODataModel, name: string): ODataEntitySet {
  const set = model.entitySets.get(name);
  if (set) return set;
  throw new ValidationError(`The service has no entity set of this name: ${quote(name)}.`, [
    { path: "set", message: `One of: ${[...model.entitySets.keys()].slice(0, 20).join(", ")}.` },
  ]);
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the metadata names a type that it does not describe. */
export function typeOf(model: ODataModel, name: string): ODataType {
  const type = model.types.get(name);
  if (type) return type;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `The service's metadata does not describe its type ${quote(name)}.`);
}

/** @throws {ValidationError} when the type has no such navigation property. */
export function navigationOf(model: ODataModel, typeName: string, name: string): ODataNavigation {
  const type = typeOf(model, typeName);
  const navigation = type.navigations.get(name);
  if (navigation) return navigation;
  throw new ValidationError(`${type.name} has no navigation property of this name: ${quote(name)}.`, [
    { path: "navigation", message: `One of: ${[...type.navigations.keys()].slice(0, 20).join(", ")}.` },
  ]);
}

/** Names of the key properties of a set. */
export function keyNamesOf(model: ODataModel, set: string): readonly string[] {
  return typeOf(model, setOf(model, set).type).keys;
}

/**
 * The key of a record that was read.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when a key property is missing.
 */
export function keyOf(model: ODataModel, set: string, record: ODataRecord): ODataKey {
  const keys = keyNamesOf(model, set);
  const missing = keys.find((name) => record[name] === undefined || record[name] === null);
  if (missing !== undefined) {
    throw new ConnectorError("UNEXPECTED_RESPONSE", `A record of ${set} came without its key property ${missing}.`);
  }
  return Object.fromEntries(keys.map((name) => [name, record[name]]));
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
