import { childrenOf, findChild, type XmlElement } from "@isthmus/core";
import type { ODataVersion } from "../model.js";
import { shown, unusableMetadata } from "./unusable-metadata.js";

/** One schema of a metadata document. */
export interface Schema {
  readonly namespace: string;
  readonly element: XmlElement;
}

/** A metadata document, opened: its schemas, and names with their aliases taken out. */
export interface Edmx {
  readonly version: ODataVersion;
  readonly schemas: readonly Schema[];
  /** The name with its namespace instead of an alias. */
  qualify(name: string): string;
  /** A `Type` attribute: a qualified name, or `Collection(…)` of one. */
  readType(text: string): { readonly type: string; readonly isCollection: boolean };
}

/**
 * Versions 1 to 3 have `Version="1.0"` and one of many namespaces that Microsoft gave to CSDL; 4.0 and 4.01 say their number.
 * Elements are known by their local names, so the namespaces of CSDL 1.0, 1.1, 1.2, 2.0 and 3.0 need no list.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the document is not metadata of OData.
 * @see https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_CSDLXMLDocument
 * @see https://www.odata.org/documentation/odata-version-2-0/overview/ (Metadata document)
 */
export function openEdmx(root: XmlElement): Edmx {
  if (root.name !== "Edmx") throw unusableMetadata(`is a document of another kind (${shown(root.name)})`);
  const services = findChild(root, "DataServices");
  if (!services) throw unusableMetadata("has no DataServices");
  const schemas = childrenOf(services, "Schema").map((element) => ({ namespace: namespaceOf(element), element }));
  const aliases = readAliases(root, schemas);
  const qualify = (name: string) => withNamespace(name, aliases);
  return {
    version: versionOf(root),
    schemas,
    qualify,
    readType: (text) => {
      const [, item] = /^Collection\((.*)\)$/s.exec(text) ?? [];
      return { type: qualify(item ?? text), isCollection: item !== undefined };
    },
  };
}

/** An attribute that has to be there. */
export function requiredAttribute(element: XmlElement, name: string): string {
  const value = element.attributes.get(name);
  if (value === undefined || value === "") throw unusableMetadata(`has a ${shown(element.name)} without ${name}`);
  return value;
}

function versionOf(root: XmlElement): ODataVersion {
  const version = root.attributes.get("Version") ?? "";
  if (/^4\.\d+$/.test(version)) return "v4";
  if (/^[1-3]\.0$/.test(version)) return "v2";
  throw unusableMetadata(`is of an unknown version (${shown(version)})`);
}

function namespaceOf(schema: XmlElement): string {
  return requiredAttribute(schema, "Namespace");
}

/** Aliases of the document's own schemas, and of the vocabularies and services that it refers to. */
function readAliases(root: XmlElement, schemas: readonly Schema[]): ReadonlyMap<string, string> {
  const included = childrenOf(root, "Reference").flatMap((reference) => childrenOf(reference, "Include"));
  const named = [...included, ...schemas.map(({ element }) => element)];
  return new Map([
    ...usualAliases,
    ...named.flatMap(({ attributes }): [string, string][] => {
      const [alias, namespace] = [attributes.get("Alias"), attributes.get("Namespace")];
      return alias === undefined || namespace === undefined ? [] : [[alias, namespace]];
    }),
  ]);
}

// Some services use them without saying what they stand for.
const usualAliases: readonly [string, string][] = [
  ["Core", "Org.OData.Core.V1"],
  ["Capabilities", "Org.OData.Capabilities.V1"],
  ["Validation", "Org.OData.Validation.V1"],
  ["Common", "com.sap.vocabularies.Common.v1"],
];

function withNamespace(name: string, aliases: ReadonlyMap<string, string>): string {
  const dot = name.lastIndexOf(".");
  const namespace = dot < 0 ? undefined : aliases.get(name.slice(0, dot));
  return namespace === undefined ? name : `${namespace}${name.slice(dot)}`;
}
