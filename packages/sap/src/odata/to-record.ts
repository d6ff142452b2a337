import { ConnectorError } from "@isthmus/core";
import { isObject, type WireObject } from "../wire-values.js";
import { type Field, fieldsOf } from "./fields.js";
import type { ODataModel, ODataProperty } from "./model.js";
import { findType, isKindOf } from "./model-lookup.js";
import { findEdmType } from "./values/edm-types.js";
import { UnfitValue } from "./values/unfit-value.js";
import { readControlInformation, readItems } from "./wire-objects.js";

/** An entity as a service sent it, in the forms of this package. */
export interface ReadEntity {
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
  /** By path and name, which always hold an `@`: none is `__proto__`. */
  readonly annotations: Record<string, unknown>;
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
export function toRecord(model: ODataModel, typeName: string, wire: unknown): ReadEntity {
  findType(model, typeName);
  const annotations: Record<string, unknown> = {};
  const record = readObject({ model, annotations }, typeName, wire, "", 0);
  const etag = annotations["@odata.etag"];
  const uri = annotations["@odata.id"] ?? annotations["@odata.editLink"];
  return {
    record,
    ...(typeof etag === "string" && { etag }),
    ...(typeof uri === "string" && { uri }),
    annotations,
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
  const field = { ...typed, edm: findEdmType(model, typed.type) };
  return readProperty({ model, annotations: {} }, field, wire, typed.name, 0);
}

function readObject(reading: Reading, typeName: string, wire: unknown, path: string, depth: number): WireObject {
  if (!isObject(wire)) throw unfit(path, typeName, "must be an object");
  if (depth > maxDepth) throw unfit(path, typeName, `must not be nested deeper than ${maxDepth}`);
  const control = readControlInformation(reading.model.version, wire);
  const prefix = path === "" ? "" : `${path}/`;
  for (const [name, value] of control) {
    reading.annotations[`${name.startsWith("@") ? path : prefix}${name}`] = value;
  }
  const fields = fieldsOf(reading.model, actualType(reading.model, typeName, control.get("@odata.type")));
  const record: Record<string, unknown> = {};
  for (const name of Object.keys(wire)) {
    const value = wire[name];
    if (isControl(reading.model, name) || isDeferred(reading.model, value)) continue;
    const field = fields?.get(name);
    setOwn(record, name, field ? readField(reading, field, value, prefix + name, depth + 1) : value);
  }
  return record;
}

/** By assignment, which costs a fraction of `Object.fromEntries`, except that a property named `__proto__` stays one. */
function setOwn(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function readField(reading: Reading, field: Field, wire: unknown, path: string, depth: number): unknown {
  if (wire === null || wire === undefined) return wire;
  return field.isNavigation
    ? readNavigation(reading, field, wire, path, depth)
    : readProperty(reading, field, wire, path, depth);
}

function readNavigation(
  reading: Reading,
  { type, isCollection }: Field,
  wire: unknown,
  path: string,
  depth: number,
): unknown {
  if (!reading.model.types.has(type)) return wire;
  if (!isCollection) return readObject(reading, type, wire, path, depth);
  const list = readItems(wire);
  if (!list) throw unfit(path, type, "must be a list");
  for (const [name, value] of list.control) reading.annotations[`${path}${name}`] = value;
  return list.items.map((item, at) => readObject(reading, type, item, `${path}/${at}`, depth));
}

function readProperty(
  reading: Reading,
  { type, isCollection, edm }: Pick<Field, "type" | "isCollection" | "edm">,
  wire: unknown,
  path: string,
  depth: number,
): unknown {
  if (wire === null || wire === undefined) return wire;
  if (isCollection) {
    const list = readItems(wire);
    if (!list) throw unfit(path, type, "must be a list");
    return list.items.map((item, at) =>
      readProperty(reading, { type, isCollection: false, edm }, item, `${path}/${at}`, depth),
    );
  }
  if (!edm) return reading.model.types.has(type) ? readObject(reading, type, wire, path, depth) : wire;
  try {
    return edm.fromWire(wire);
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
