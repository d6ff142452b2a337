import { childrenOf, type XmlElement } from "@isthmus/core";
import type { ODataFacets, ODataProperty } from "../model.js";
import type { FindAnnotations } from "./annotations.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import { shown, unusableMetadata } from "./unusable-metadata.js";
import { terms } from "./vocabulary.js";

/**
 * The properties of one type, without what it inherits.
 *
 * @param owner - What targets of annotations call their holder: `Namespace.Type`.
 */
export function readProperties(
  holder: XmlElement,
  owner: string,
  edmx: Edmx,
  find: FindAnnotations,
): ReadonlyMap<string, ODataProperty> {
  const properties = new Map<string, ODataProperty>();
  for (const element of childrenOf(holder, "Property")) {
    const property = readProperty(element, owner, edmx, find);
    if (properties.has(property.name)) {
      throw unusableMetadata(`has two properties named ${shown(property.name)} in ${shown(owner)}`);
    }
    properties.set(property.name, property);
  }
  return properties;
}

/**
 * A `Property` or a `Parameter`: attributes of SAP's for v2, annotations for v4.
 * @see https://sap.github.io/odata-vocabularies/docs/v2-annotations.html#element-edmproperty
 */
export function readProperty(element: XmlElement, owner: string, edmx: Edmx, find: FindAnnotations): ODataProperty {
  const name = requiredAttribute(element, "Name");
  const { attributes } = element;
  const annotations = find(`${owner}/${name}`, element);
  const isComputed = annotations.readBoolean(terms.computed) ?? false;
  const isImmutable = annotations.readBoolean(terms.immutable) ?? false;
  const label = attributes.get("label") ?? annotations.readString(terms.label);
  const allowedValues = annotations.readCollectionStrings(terms.allowedValues, "Value");
  return {
    name,
    ...edmx.readType(attributes.get("Type") ?? "Edm.String"),
    ...readFacets(element),
    isNullable: attributes.get("Nullable") !== "false",
    hasDefault:
      attributes.has("DefaultValue") ||
      (annotations.readBoolean(terms.computedDefaultValue) ?? false) ||
      annotations.has(terms.optionalParameter),
    ...(label !== undefined && { label }),
    ...(allowedValues.length > 0 && { allowedValues }),
    isCreatable: isUnlessFalse(element, "creatable") && !isComputed,
    isUpdatable: isUnlessFalse(element, "updatable") && !isComputed && !isImmutable,
    isFilterable: isUnlessFalse(element, "filterable"),
    isSortable: isUnlessFalse(element, "sortable"),
    isConcurrencyToken: attributes.get("ConcurrencyMode") === "Fixed",
  };
}

/** `MaxLength="max"` and `Scale="variable"` state no limit. */
export function readFacets({ attributes }: XmlElement): ODataFacets {
  const maxLength = wholeNumber(attributes.get("MaxLength"));
  const precision = wholeNumber(attributes.get("Precision"));
  const scale = wholeNumber(attributes.get("Scale"));
  return {
    ...(maxLength !== undefined && { maxLength }),
    ...(precision !== undefined && { precision }),
    ...(scale !== undefined && { scale }),
  };
}

/** An attribute of SAP's that is true where it is not there. */
export function isUnlessFalse({ attributes }: XmlElement, name: string): boolean {
  return attributes.get(name) !== "false";
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
