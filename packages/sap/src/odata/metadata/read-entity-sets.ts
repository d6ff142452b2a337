import type { XmlElement } from "@isthmus/core";
import type { ODataEntitySet, ODataType } from "../model.js";
import type { FindAnnotations } from "./annotations.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import type { Container } from "./find-container.js";
import { isUnlessFalse } from "./read-properties.js";
import { readSetBindings } from "./read-set-bindings.js";
import { shown, unusableMetadata } from "./unusable-metadata.js";
import { terms } from "./vocabulary.js";

/**
 * Entity sets and singletons, by name.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for two of one name, or one whose type is not in the document.
 * @see https://sap.github.io/odata-vocabularies/docs/v2-annotations.html#element-edmentityset
 * @see https://github.com/oasis-tcs/odata-vocabularies/blob/main/vocabularies/Org.OData.Capabilities.V1.md
 */
export function readEntitySets(
  edmx: Edmx,
  container: Container,
  types: ReadonlyMap<string, ODataType>,
  find: FindAnnotations,
): ReadonlyMap<string, ODataEntitySet> {
  const bindings = readSetBindings(edmx, container, types);
  const withToken = typesWithToken(types);
  const sets = new Map<string, ODataEntitySet>();
  for (const { element, owner } of container.members) {
    if (element.name !== "EntitySet" && element.name !== "Singleton") continue;
    const name = requiredAttribute(element, "Name");
    if (sets.has(name)) throw unusableMetadata(`has two entity sets named ${shown(name)}`);
    const kind = element.name === "EntitySet" ? "set" : "singleton";
    const type = types.get(edmx.qualify(requiredAttribute(element, kind === "set" ? "EntityType" : "Type")));
    if (!type) throw unusableMetadata(`does not have the type of the entity set ${shown(name)}`);
    const ownBindings = bindings.get(name) ?? new Map<string, string>();
    sets.set(name, {
      name,
      kind,
      type: type.name,
      ...readRights(element, `${owner}/${name}`, type, withToken, find),
      bindings: ownBindings,
    });
  }
  return sets;
}

function readRights(
  element: XmlElement,
  target: string,
  type: ODataType,
  withToken: ReadonlySet<string>,
  find: FindAnnotations,
): Omit<ODataEntitySet, "name" | "kind" | "type" | "bindings"> {
  const annotations = find(target, element);
  const may = (attribute: string, term: string, property: string) =>
    isUnlessFalse(element, attribute) && (annotations.readRecordBoolean(term, property) ?? true);
  const label = element.attributes.get("label") ?? annotations.readString(terms.label) ?? type.label;
  return {
    ...(label !== undefined && { label }),
    isReadable: may("addressable", terms.readRestrictions, "Readable"),
    isCreatable: may("creatable", terms.insertRestrictions, "Insertable"),
    isUpdatable: may("updatable", terms.updateRestrictions, "Updatable"),
    isDeletable: may("deletable", terms.deleteRestrictions, "Deletable"),
    tracksChanges:
      annotations.readRecordBoolean(terms.changeTracking, "Supported") ??
      (annotations.has(terms.changeTracking) || tracksChanges(element)),
    usesETags: withToken.has(type.name) || annotations.has(terms.optimisticConcurrency),
  };
}

/** Types whose entities have an ETag of some of their properties. Looked up once: many sets may be of one type. */
function typesWithToken(types: ReadonlyMap<string, ODataType>): ReadonlySet<string> {
  const having = [...types.values()].filter(({ properties }) =>
    [...properties.values()].some(({ isConcurrencyToken }) => isConcurrencyToken),
  );
  return new Set(having.map(({ name }) => name));
}

/** `sap:change-tracking`, which Gateway sets where a set has delta tokens. */
function tracksChanges({ attributes }: XmlElement): boolean {
  return attributes.get("change-tracking") === "true" || attributes.get("delta-link-valid") === "true";
}
