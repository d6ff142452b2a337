import { isObject, type WireObject } from "../wire-values.js";
import { Issues, within } from "./issues.js";
import type { ODataModel, ODataNavigation, ODataProperty, ODataType } from "./model.js";
import { findType, isKindOf } from "./model-lookup.js";
import { resolveType } from "./values/edm-types.js";
import { refuse } from "./values/unfit-value.js";

/** Entities within entities of one deep insert. */
const maxDepth = 32;

/** Links an entity to one that exists: `"to_Partner@odata.bind": "A_BusinessPartner('1')"`. */
const bindSuffix = "@odata.bind";

/**
 * Writes a record for the body of a create or an update, everything below it included (deep insert).
 *
 * Properties that the service computes are let through, as entities are often read, changed and sent back: OData has the service
 * ignore them. Whether a key has to be given is the service's to say, as SAP numbers most entities itself.
 * v2 knows `@odata.bind` too: it becomes the link by `__metadata.uri` that v2 has for it.
 *
 * @param typeName - Qualified. In v4 `@odata.type` of the record may name a type derived from it.
 * @throws {ValidationError} naming each field that the type does not have or whose value does not fit.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_CreateRelatedEntitiesWhenCreatinganE
 * @see https://www.odata.org/documentation/odata-version-2-0/operations/ (Creating deep inserts)
 */
export function toWire(model: ODataModel, typeName: string, input: unknown): WireObject {
  findType(model, typeName);
  const issues = new Issues("The record");
  const body = writeObject({ model, issues }, typeName, input, "", 0);
  issues.throwIfAny();
  return body;
}

/**
 * One value for the body of a request, as a property or parameter has it.
 * @throws {ValidationError} when it does not fit.
 */
export function toWireValue(
  model: ODataModel,
  property: Pick<ODataProperty, "name" | "type" | "isCollection" | "isNullable">,
  value: unknown,
): unknown {
  const issues = new Issues("The value");
  const written = writeProperty({ model, issues }, property, value, property.name, 0);
  issues.throwIfAny();
  return written;
}

interface Writing {
  readonly model: ODataModel;
  readonly issues: Issues;
}

function writeObject(writing: Writing, typeName: string, input: unknown, path: string, depth: number): WireObject {
  const { model, issues } = writing;
  if (!isObject(input)) issues.add(path, "must be an object");
  else if (depth > maxDepth) issues.add(path, `must not be nested deeper than ${maxDepth}`);
  else {
    const type = findType(model, issues.collect(path, () => actualType(model, typeName, input)) ?? typeName);
    const fields = Object.entries(input).filter(([, value]) => value !== undefined);
    return Object.fromEntries(
      fields.flatMap(([name, value]) => writeField(writing, type, name, value, path, depth + 1)),
    );
  }
  return {};
}

function writeField(
  writing: Writing,
  type: ODataType,
  name: string,
  value: unknown,
  path: string,
  depth: number,
): [string, unknown][] {
  const at = within(path, name);
  const property = type.properties.get(name);
  if (property) return [[name, writeProperty(writing, property, value, at, depth)]];
  const navigation = type.navigations.get(name);
  if (navigation) return [[name, writeNavigation(writing, navigation, value, at, depth)]];
  if (name === "@odata.type" && writing.model.version === "v4") return [[name, value]];
  const bound = name.endsWith(bindSuffix) ? type.navigations.get(name.slice(0, -bindSuffix.length)) : undefined;
  if (bound) return writing.issues.collect(at, () => [writeLink(writing.model, bound, value)]) ?? [];
  if (type.isOpen && !name.includes("@")) return [[name, value]];
  writing.issues.add(at, `is not a property of ${type.name}`);
  return [];
}

function writeNavigation(
  writing: Writing,
  { type, isCollection }: ODataNavigation,
  value: unknown,
  path: string,
  depth: number,
): unknown {
  if (!writing.model.types.has(type)) writing.issues.add(path, `has a type that the metadata does not have (${type})`);
  else if (!isCollection) return value === null ? null : writeObject(writing, type, value, path, depth);
  else if (Array.isArray(value)) {
    return value.map((item, at) => writeObject(writing, type, item, within(path, at), depth));
  } else writing.issues.add(path, "must be a list");
  return undefined;
}

function writeProperty(
  writing: Writing,
  property: Pick<ODataProperty, "type" | "isCollection" | "isNullable">,
  value: unknown,
  path: string,
  depth: number,
): unknown {
  const { model, issues } = writing;
  if (property.isCollection) {
    if (!Array.isArray(value)) issues.add(path, "must be a list");
    else {
      const item = { ...property, isCollection: false };
      return value.map((each, at) => writeProperty(writing, item, each, within(path, at), depth));
    }
    return undefined;
  }
  if (value === null) {
    if (!property.isNullable) issues.add(path, "must not be null");
    return null;
  }
  if (model.types.has(property.type)) return writeObject(writing, property.type, value, path, depth);
  return issues.collect(path, () => writePrimitive(model, property, value));
}

function writePrimitive(model: ODataModel, property: { readonly type: string }, value: unknown): unknown {
  const resolved = resolveType(model, property);
  if (resolved) return resolved.edm.toWire(resolved.edm.check(value, resolved.facets));
  // GeoJSON and values of any type, as they are: the service judges them.
  if (/^Edm\.(?:Geography|Geometry|Untyped$|PrimitiveType$|ComplexType$)/.test(property.type)) return value;
  return refuse(`has a type that cannot be written here (${property.type})`);
}

function actualType(model: ODataModel, expected: string, input: WireObject): string {
  const stated = input["@odata.type"];
  if (stated === undefined) return expected;
  const name = typeof stated === "string" ? stated.replace(/^#/, "") : "";
  if (model.types.has(name) && isKindOf(model, name, expected)) return name;
  return refuse(`must be of the type ${expected} or one derived from it`);
}

function writeLink(model: ODataModel, { name, isCollection }: ODataNavigation, value: unknown): [string, unknown] {
  const links = Array.isArray(value) ? value : [value];
  if (Array.isArray(value) !== isCollection || !links.every((link) => typeof link === "string" && link !== "")) {
    return refuse(isCollection ? "must be a list of paths of entities" : "must be the path of an entity");
  }
  if (model.version === "v4") return [`${name}${bindSuffix}`, value];
  const references = links.map((uri) => ({ __metadata: { uri } }));
  return [name, isCollection ? references : references[0]];
}
