import { ConnectorError } from "@isthmus/core";
import { isObject, type WireObject } from "../wire-values.js";
import type { ODataModel, ODataNavigation, ODataProperty } from "./model.js";
import { findType, isKindOf } from "./model-lookup.js";
import { findEdmType } from "./values/edm-types.js";
import { UnfitValue } from "./values/unfit-value.js";
import { readControlInformation, readItems } from "./wire-objects.js";

/** An entity as a service sent it, in the forms of this package. */
export interface ODataEntity {
  /** Every property by the vendor's name. Ones that the metadata does not have are as they came. */
  readonly record: Readonly<Record<string, unknown>>;
  /** For `If-Match`. Missing: the service has none for it. */
  readonly etag?: string;
  /** Where the entity is, as the service says: `__metadata.uri` or `@odata.id`. */
  readonly uri?: string;
  /**
   * What else the service says, by the names of v4 and the path of what it is about: `@odata.type`, `to_Item/0@odata.etag`,
   * `to_Item@odata.nextLink` where an expanded collection goes on elsewhere.
   */
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** Expanded entities within entities. */
const maxDepth = 64;

interface Reading {
  readonly model: ODataModel;
  readonly annotations: Map<string, unknown>;
}

/**
 * Reads an entity, or the value of a complex type, with everything that is expanded in it.
 *
 * v2: links to what is not expanded (`__deferred`) are left out, `{ results: […] }` becomes the list. Int64 and Decimal are text.
 * v4 writes those as JSON numbers, which JavaScript may already have rounded, unless the request accepts
 * `application/json;IEEE754Compatible=true`: the client asks for it always, and a number that a double does not hold exactly
 * is refused here.
 *
 * @param typeName - Qualified; a derived type that the entity itself names goes before it.
 * @param wire - Parsed JSON: in v2 what stands within `d`.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when a value is not of the type that the metadata says.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html
 * @see https://www.odata.org/documentation/odata-version-2-0/json-format/
 */
export function toRecord(model: ODataModel, typeName: string, wire: unknown): ODataEntity {
  findType(model, typeName);
  const annotations = new Map<string, unknown>();
  const record = readObject({ model, annotations }, typeName, wire, "", 0);
  const etag = annotations.get("@odata.etag");
  const uri = annotations.get("@odata.id") ?? annotations.get("@odata.editLink");
  return {
    record,
    ...(typeof etag === "string" && { etag }),
    ...(typeof uri === "string" && { uri }),
    annotations: Object.fromEntries(annotations),
  };
}

/**
 * One value, as a property of that type has it: what an operation returned, a collection too.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is not of that type.
 */
export function toValue(
  model: ODataModel,
  typed: Pick<ODataProperty, "name" | "type" | "isCollection">,
  wire: unknown,
): unknown {
  return readProperty({ model, annotations: new Map() }, typed, wire, typed.name, 0);
}

function readObject(reading: Reading, typeName: string, wire: unknown, path: string, depth: number): WireObject {
  if (!isObject(wire)) throw unfit(path, typeName, "must be an object");
  if (depth > maxDepth) throw unfit(path, typeName, `must not be nested deeper than ${maxDepth}`);
  const control = readControlInformation(reading.model.version, wire);
  const prefix = path === "" ? "" : `${path}/`;
  for (const [name, value] of control) {
    reading.annotations.set(`${name.startsWith("@") ? path : prefix}${name}`, value);
  }
  const type = reading.model.types.get(actualType(reading.model, typeName, control.get("@odata.type")));
  const fields = Object.entries(wire).flatMap(([name, value]): [string, unknown][] => {
    if (isControl(reading.model, name) || isDeferred(reading.model, value)) return [];
    const navigation = type?.navigations.get(name);
    if (navigation) return [[name, readNavigation(reading, navigation, value, prefix + name, depth + 1)]];
    const property = type?.properties.get(name);
    return [[name, property ? readProperty(reading, property, value, prefix + name, depth + 1) : value]];
  });
  // Not by assignment: a property named __proto__ stays one.
  return Object.fromEntries(fields);
}

function readNavigation(
  reading: Reading,
  { type, isCollection }: ODataNavigation,
  wire: unknown,
  path: string,
  depth: number,
): unknown {
  if (wire === null || wire === undefined || !reading.model.types.has(type)) return wire;
  if (!isCollection) return readObject(reading, type, wire, path, depth);
  const list = readItems(wire);
  if (!list) throw unfit(path, type, "must be a list");
  for (const [name, value] of list.control) reading.annotations.set(`${path}${name}`, value);
  return list.items.map((item, at) => readObject(reading, type, item, `${path}/${at}`, depth));
}

function readProperty(
  reading: Reading,
  { type, isCollection }: Pick<ODataProperty, "type" | "isCollection">,
  wire: unknown,
  path: string,
  depth: number,
): unknown {
  if (wire === null || wire === undefined) return wire;
  if (isCollection) {
    const list = readItems(wire);
    if (!list) throw unfit(path, type, "must be a list");
    return list.items.map((item, at) =>
      readProperty(reading, { type, isCollection: false }, item, `${path}/${at}`, depth),
    );
  }
  if (reading.model.types.has(type)) return readObject(reading, type, wire, path, depth);
  try {
    const edm = findEdmType(reading.model, type);
    return edm ? edm.fromWire(wire) : wire;
  } catch (error) {
    if (error instanceof UnfitValue) throw unfit(path, type, error.message);
    throw error;
  }
}

function actualType(model: ODataModel, expected: string, stated: unknown): string {
  const name = typeof stated === "string" ? stated.slice(stated.lastIndexOf("#") + 1) : expected;
  return model.types.has(name) && isKindOf(model, name, expected) ? name : expected;
}

function isControl({ version }: ODataModel, name: string): boolean {
  return version === "v4" ? name.includes("@") : name === "__metadata";
}

function isDeferred({ version }: ODataModel, value: unknown): boolean {
  return version === "v2" && isObject(value) && "__deferred" in value;
}

function unfit(path: string, type: string, expected: string): ConnectorError {
  const what = path === "" ? "an entity" : path;
  return new ConnectorError(
    "UNEXPECTED_RESPONSE",
    `The service answered with ${what} of the type ${type} in a form that it cannot have: it ${expected}.`,
  );
}
