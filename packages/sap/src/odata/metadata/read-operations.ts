import { childrenOf, findChild, type XmlElement } from "@isthmus/core";
import type { ODataOperation } from "../model.js";
import type { FindAnnotations } from "./annotations.js";
import { signature } from "./annotations.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import type { Container } from "./find-container.js";
import { readProperty } from "./read-properties.js";
import { oversizedMetadata, shown, unusableMetadata } from "./unusable-metadata.js";
import { terms } from "./vocabulary.js";

/** Imports times overloads: more than any real service has. */
const maxOperations = 50_000;

/** One overload of a function or action, as the schema defines it. */
interface Definition extends Omit<ODataOperation, "name"> {
  readonly qualifiedName: string;
}

/**
 * What can be called. Bound operations are known by their qualified name, unbound ones by their import; one without an import
 * cannot be called and is left out.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for an import of what the document does not have.
 * @see https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_ActionandFunction
 */
export function readOperations(edmx: Edmx, container: Container, find: FindAnnotations): readonly ODataOperation[] {
  const definitions = edmx.schemas.flatMap(({ namespace, element }) =>
    [...childrenOf(element, "Function"), ...childrenOf(element, "Action")].map((each) =>
      readDefinition(each, namespace, edmx, find),
    ),
  );
  const bound = definitions.filter(({ boundTo }) => boundTo !== undefined);
  const operations = bound.map(
    ({ qualifiedName, ...operation }): ODataOperation => ({ ...operation, name: qualifiedName }),
  );
  const unbound = Map.groupBy(
    definitions.filter(({ boundTo }) => boundTo === undefined),
    ({ qualifiedName }) => qualifiedName,
  );
  for (const { element, owner } of container.members) {
    if (element.name === "FunctionImport" && !element.attributes.has("Function")) {
      operations.push(readFunctionImport(element, owner, edmx, find));
    } else if (element.name === "FunctionImport" || element.name === "ActionImport") {
      for (const operation of importsOf(element, edmx, unbound)) operations.push(operation);
    }
    if (operations.length > maxOperations) throw oversizedMetadata(`has more than ${maxOperations} operations`);
  }
  return operations;
}

function importsOf(
  element: XmlElement,
  edmx: Edmx,
  unbound: ReadonlyMap<string, readonly Definition[]>,
): readonly ODataOperation[] {
  const name = requiredAttribute(element, "Name");
  const kind = element.name === "FunctionImport" ? "function" : "action";
  const imported = edmx.qualify(requiredAttribute(element, kind === "function" ? "Function" : "Action"));
  const overloads = (unbound.get(imported) ?? []).filter((each) => each.kind === kind);
  if (overloads.length === 0) throw unusableMetadata(`does not have the ${kind} that ${shown(name)} imports`);
  const entitySet = element.attributes.get("EntitySet");
  return overloads.map(({ qualifiedName: _qualifiedName, returns, ...operation }) => ({
    ...operation,
    name,
    ...(returns && { returns: { ...returns, ...(entitySet !== undefined && { entitySet }) } }),
  }));
}

function readDefinition(element: XmlElement, namespace: string, edmx: Edmx, find: FindAnnotations): Definition {
  const qualifiedName = `${namespace}.${requiredAttribute(element, "Name")}`;
  const kind = element.name === "Function" ? "function" : "action";
  const all = childrenOf(element, "Parameter");
  const types = all.map((parameter) => requiredAttribute(parameter, "Type"));
  const isBound = element.attributes.get("IsBound") === "true";
  const [binding] = isBound ? types : [];
  if (isBound && binding === undefined) throw unusableMetadata(`does not say what ${shown(qualifiedName)} is bound to`);
  const returned = findChild(element, "ReturnType")?.attributes.get("Type");
  // Annotations name an overload by its types: of all parameters for a function, of the binding one for an action.
  const overload = kind === "function" ? types : types.slice(0, isBound ? 1 : 0);
  const target = `${qualifiedName}(${signature(overload, edmx)})`;
  const label = find(target, element).readString(terms.label) ?? find(qualifiedName, element).readString(terms.label);
  return {
    qualifiedName,
    kind,
    method: kind === "function" ? "GET" : "POST",
    ...(label !== undefined && { label }),
    parameters: all.slice(isBound ? 1 : 0).map((parameter) => readProperty(parameter, target, edmx, find)),
    ...(binding !== undefined && { boundTo: edmx.readType(binding) }),
    ...(returned !== undefined && { returns: edmx.readType(returned) }),
  };
}

/**
 * v2: a function import is the function itself. Without `m:HttpMethod` it is read by GET, unless it says that it has effects.
 * @see https://sap.github.io/odata-vocabularies/docs/v2-annotations.html#element-edmfunctionimport
 */
function readFunctionImport(element: XmlElement, owner: string, edmx: Edmx, find: FindAnnotations): ODataOperation {
  const name = requiredAttribute(element, "Name");
  const { attributes } = element;
  const method = readMethod(attributes.get("HttpMethod"), attributes.get("IsSideEffecting") === "true", name);
  const returned = attributes.get("ReturnType") ?? findChild(element, "ReturnType")?.attributes.get("Type");
  const entitySet = attributes.get("EntitySet");
  const label = attributes.get("label") ?? find(`${owner}/${name}`, element).readString(terms.label);
  return {
    name,
    kind: method === "GET" ? "function" : "action",
    method,
    ...(label !== undefined && { label }),
    parameters: childrenOf(element, "Parameter").map((each) => readProperty(each, `${owner}/${name}`, edmx, find)),
    ...(returned !== undefined && {
      returns: { ...edmx.readType(returned), ...(entitySet !== undefined && { entitySet }) },
    }),
  };
}

const methods = ["GET", "POST", "PUT", "PATCH", "MERGE", "DELETE"] as const;

function readMethod(stated: string | undefined, hasEffects: boolean, name: string): ODataOperation["method"] {
  if (stated === undefined) return hasEffects ? "POST" : "GET";
  const method = methods.find((each) => each === stated.toUpperCase());
  if (!method) throw unusableMetadata(`has an unknown method for ${shown(name)} (${shown(stated)})`);
  return method;
}
