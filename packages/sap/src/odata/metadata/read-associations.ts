import { childrenOf, findChild, type XmlElement } from "@isthmus/core";
import type { ODataNavigation } from "../model.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import { shown, unusableMetadata } from "./unusable-metadata.js";

/** An association of v2, by its roles. */
export interface Association {
  readonly ends: ReadonlyMap<string, { readonly type: string; readonly isCollection: boolean }>;
  /** The role that holds the foreign keys, and those: own property → property of the other end. */
  readonly dependent?: { readonly role: string; readonly references: ReadonlyMap<string, string> };
}

/** The associations of a document, by qualified name. A document of v4 has none. */
export function readAssociations(edmx: Edmx): ReadonlyMap<string, Association> {
  return new Map(
    edmx.schemas.flatMap(({ namespace, element }) =>
      childrenOf(element, "Association").map((association): [string, Association] => [
        `${namespace}.${requiredAttribute(association, "Name")}`,
        readAssociation(association, edmx),
      ]),
    ),
  );
}

/** The navigations of one type, without what it inherits. */
export function readNavigations(
  holder: XmlElement,
  owner: string,
  edmx: Edmx,
  associations: ReadonlyMap<string, Association>,
): ReadonlyMap<string, ODataNavigation> {
  const elements = childrenOf(holder, "NavigationProperty");
  const navigations = elements.map((element) => readNavigation(element, owner, edmx, associations));
  return new Map(navigations.map((navigation) => [navigation.name, navigation]));
}

function readNavigation(
  element: XmlElement,
  owner: string,
  edmx: Edmx,
  associations: ReadonlyMap<string, Association>,
): ODataNavigation {
  const name = requiredAttribute(element, "Name");
  const type = element.attributes.get("Type");
  if (type !== undefined) return { name, ...edmx.readType(type), references: readConstraints(element) };
  const association = associations.get(edmx.qualify(requiredAttribute(element, "Relationship")));
  const end = association?.ends.get(requiredAttribute(element, "ToRole"));
  if (!association || !end) {
    throw unusableMetadata(`does not say where ${shown(name)} of ${shown(owner)} leads to`);
  }
  const { dependent } = association;
  const isDependent = dependent !== undefined && dependent.role === element.attributes.get("FromRole");
  return { name, ...end, references: isDependent ? dependent.references : new Map() };
}

/** v4: `ReferentialConstraint` of the navigation itself. */
function readConstraints(navigation: XmlElement): ReadonlyMap<string, string> {
  return new Map(
    childrenOf(navigation, "ReferentialConstraint").map((constraint) => [
      requiredAttribute(constraint, "Property"),
      requiredAttribute(constraint, "ReferencedProperty"),
    ]),
  );
}

function readAssociation(association: XmlElement, edmx: Edmx): Association {
  const ends = childrenOf(association, "End").map(
    ({ attributes }): [string, { type: string; isCollection: boolean }] => [
      attributes.get("Role") ?? "",
      { type: edmx.qualify(attributes.get("Type") ?? ""), isCollection: attributes.get("Multiplicity") === "*" },
    ],
  );
  const constraint = findChild(association, "ReferentialConstraint");
  const [principal, dependent] = constraint
    ? [findChild(constraint, "Principal"), findChild(constraint, "Dependent")]
    : [];
  if (!principal || !dependent) return { ends: new Map(ends) };
  const targets = propertyNames(principal);
  const references = new Map(propertyNames(dependent).map((own, at) => [own, targets[at] ?? own]));
  return { ends: new Map(ends), dependent: { role: dependent.attributes.get("Role") ?? "", references } };
}

/** Names in the `PropertyRef` elements of a holder. */
export function propertyNames(holder: XmlElement): readonly string[] {
  return childrenOf(holder, "PropertyRef").map((reference) => requiredAttribute(reference, "Name"));
}
