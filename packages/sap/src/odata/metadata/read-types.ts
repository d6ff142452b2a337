import { childrenOf, findChild, type XmlElement } from "@isthmus/core";
import type { ODataNavigation, ODataProperty, ODataType } from "../model.js";
import type { FindAnnotations } from "./annotations.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import { propertyNames, readAssociations, readNavigations } from "./read-associations.js";
import { readProperties } from "./read-properties.js";
import { oversizedMetadata, shown, unusableMetadata } from "./unusable-metadata.js";
import { terms } from "./vocabulary.js";

/** More types above one another than any real service has. */
const maxInheritance = 64;
/** Properties of all types with what they inherit. The largest services of S/4HANA have some ten thousand. */
const maxProperties = 500_000;

/**
 * Entity and complex types with what they inherit: base types first, so that each is put together once and a long chain needs
 * no recursion.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for two types of one name, an unknown base type, types that extend each other
 * in a circle; `RESPONSE_TOO_LARGE` when inheritance multiplies properties beyond any real service.
 */
export function readTypes(edmx: Edmx, find: FindAnnotations): ReadonlyMap<string, ODataType> {
  const own = readOwnTypes(edmx, find);
  const complete = new Map<string, ODataType>();
  let properties = 0;
  for (const name of own.keys()) {
    for (const type of lineageOf(name, own, complete)) {
      const base = type.baseType === undefined ? undefined : complete.get(type.baseType);
      properties += type.properties.size + (base?.properties.size ?? 0);
      properties += type.navigations.size + (base?.navigations.size ?? 0);
      if (properties > maxProperties) throw oversizedMetadata(`has more than ${maxProperties} properties`);
      complete.set(type.name, inherit(type, base));
    }
  }
  return complete;
}

/** The type and those that it extends, farthest first, as far as they are not complete yet. */
function lineageOf(
  name: string,
  own: ReadonlyMap<string, ODataType>,
  complete: ReadonlyMap<string, ODataType>,
): readonly ODataType[] {
  const lineage: ODataType[] = [];
  for (let at: string | undefined = name; at !== undefined && !complete.has(at); ) {
    const type: ODataType | undefined = own.get(at);
    if (!type) throw unusableMetadata(`does not have the type ${shown(at)} that ${shown(name)} extends`);
    lineage.push(type);
    if (lineage.length > maxInheritance) {
      throw unusableMetadata(`has types that extend each other in a circle or too deep, such as ${shown(name)}`);
    }
    at = type.baseType;
  }
  return lineage.reverse();
}

function inherit(type: ODataType, base: ODataType | undefined): ODataType {
  if (!base) return type;
  return {
    ...type,
    keys: type.keys.length > 0 ? type.keys : base.keys,
    properties: new Map<string, ODataProperty>([...base.properties, ...type.properties]),
    navigations: new Map<string, ODataNavigation>([...base.navigations, ...type.navigations]),
    isOpen: type.isOpen || base.isOpen,
    hasStream: type.hasStream || base.hasStream,
  };
}

function readOwnTypes(edmx: Edmx, find: FindAnnotations): ReadonlyMap<string, ODataType> {
  const associations = readAssociations(edmx);
  const types = new Map<string, ODataType>();
  for (const { namespace, element } of edmx.schemas) {
    for (const kind of ["entity", "complex"] as const) {
      for (const each of childrenOf(element, kind === "entity" ? "EntityType" : "ComplexType")) {
        const name = `${namespace}.${requiredAttribute(each, "Name")}`;
        if (types.has(name)) throw unusableMetadata(`has two types named ${shown(name)}`);
        const properties = readProperties(each, name, edmx, find);
        const navigations = readNavigations(each, name, edmx, associations);
        types.set(name, { ...readHeader(each, name, edmx, find), kind, properties, navigations });
      }
    }
  }
  return types;
}

function readHeader(
  element: XmlElement,
  name: string,
  edmx: Edmx,
  find: FindAnnotations,
): Omit<ODataType, "kind" | "properties" | "navigations"> {
  const { attributes } = element;
  const baseType = attributes.get("BaseType");
  const key = findChild(element, "Key");
  const label = attributes.get("label") ?? find(name, element).readString(terms.label);
  return {
    name,
    ...(baseType !== undefined && { baseType: edmx.qualify(baseType) }),
    keys: key ? propertyNames(key) : [],
    ...(label !== undefined && { label }),
    isOpen: attributes.get("OpenType") === "true",
    hasStream: attributes.get("HasStream") === "true",
  };
}
