import { childrenOf, findChild, type XmlElement } from "@isthmus/core";
import type { Edmx } from "./edmx.js";

/** The annotations of one element of the model. Terms are given with the full name of their vocabulary. */
export interface Annotations {
  /** Missing, or computed by a path: `undefined`. Present without a value: true, as for `Core.Computed`. */
  readBoolean(term: string): boolean | undefined;
  readString(term: string): string | undefined;
  /** A boolean property of a record, such as `Insertable` of `Capabilities.InsertRestrictions`. */
  readRecordBoolean(term: string, property: string): boolean | undefined;
  /** Paths that a property of a record lists, such as `NonFilterableProperties`. */
  readRecordPaths(term: string, property: string): readonly string[];
  /** The strings of a property that each record of a collection has, such as `Value` of `Validation.AllowedValues`. */
  readCollectionStrings(term: string, property: string): readonly string[];
  has(term: string): boolean;
}

/** Finds the annotations of a target: those in it and those that name it from elsewhere. */
export type FindAnnotations = (target: string, element: XmlElement) => Annotations;

/**
 * Indexes all annotations of a document once. Annotations with a qualifier are for a special purpose and left out.
 * @see https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_Annotation
 */
export function indexAnnotations(edmx: Edmx): FindAnnotations {
  const elsewhere = new Map<string, Terms>();
  for (const { element } of edmx.schemas) {
    for (const group of childrenOf(element, "Annotations")) {
      if (group.attributes.has("Qualifier")) continue;
      const target = normalizeTarget(group.attributes.get("Target") ?? "", edmx);
      const known = elsewhere.get(target) ?? new Map<string, XmlElement>();
      elsewhere.set(target, addTerms(group, edmx, known));
    }
  }
  // Looked up and not put together: many elements may be the target of one long list.
  return (target, element) => {
    const here = addTerms(element, edmx, new Map<string, XmlElement>());
    const there = elsewhere.get(target);
    return toAnnotations((term) => here.get(term) ?? there?.get(term));
  };
}

/** Annotations by the full names of their terms. */
type Terms = Map<string, XmlElement>;

function addTerms(holder: XmlElement, edmx: Edmx, terms: Terms): Terms {
  for (const annotation of childrenOf(holder, "Annotation")) {
    if (!annotation.attributes.has("Qualifier"))
      terms.set(edmx.qualify(annotation.attributes.get("Term") ?? ""), annotation);
  }
  return terms;
}

function toAnnotations(find: (term: string) => XmlElement | undefined): Annotations {
  const recordValue = (term: string, property: string) => {
    const annotation = find(term);
    const record = annotation && findChild(annotation, "Record");
    return record && propertyValue(record, property);
  };
  return {
    has: (term) => find(term) !== undefined,
    readBoolean: (term) => readBoolean(find(term)),
    readString: (term) => readString(find(term)),
    readRecordBoolean: (term, property) => readBoolean(recordValue(term, property)),
    readRecordPaths: (term, property) => readPaths(recordValue(term, property)),
    readCollectionStrings: (term, property) => {
      const annotation = find(term);
      const collection = annotation && findChild(annotation, "Collection");
      const records = collection ? childrenOf(collection, "Record") : [];
      return records.flatMap((record) => readString(propertyValue(record, property)) ?? []);
    },
  };
}

function propertyValue(record: XmlElement, property: string): XmlElement | undefined {
  return childrenOf(record, "PropertyValue").find(({ attributes }) => attributes.get("Property") === property);
}

function readBoolean(holder: XmlElement | undefined): boolean | undefined {
  if (!holder) return undefined;
  const text = holder.attributes.get("Bool") ?? findChild(holder, "Bool")?.text.trim();
  if (text !== undefined) return text === "true";
  const isBare = holder.children.every(({ name }) => name === "Annotation") && !isComputed(holder);
  return isBare ? true : undefined;
}

/** `Path="…"` and the like: its value is known only for an entity, not from the metadata. */
function isComputed({ attributes }: XmlElement): boolean {
  return [...attributes.keys()].some((name) => name !== "Term" && name !== "Property");
}

function readString(holder: XmlElement | undefined): string | undefined {
  return holder?.attributes.get("String") ?? (holder && findChild(holder, "String")?.text);
}

function readPaths(holder: XmlElement | undefined): readonly string[] {
  const collection = holder && findChild(holder, "Collection");
  return (collection?.children ?? []).filter(({ name }) => name.endsWith("Path")).map(({ text }) => text.trim());
}

/** `SELF.Partner/Name` and `SELF.top(SELF.Partner)/n`, with namespaces instead of aliases. */
function normalizeTarget(target: string, edmx: Edmx): string {
  const slash = target.indexOf("/");
  const head = slash < 0 ? target : target.slice(0, slash);
  const path = slash < 0 ? "" : target.slice(slash);
  const bracket = head.indexOf("(");
  if (bracket < 0 || !head.endsWith(")")) return `${edmx.qualify(head)}${path}`;
  const types = head.slice(bracket + 1, -1).split(",");
  return `${edmx.qualify(head.slice(0, bracket))}(${signature(types, edmx)})${path}`;
}

/** Types of parameters as a target names them. */
export function signature(types: readonly string[], edmx: Edmx): string {
  return types
    .map((text) => {
      const { type, isCollection } = edmx.readType(text.trim());
      return isCollection ? `Collection(${type})` : type;
    })
    .join(",");
}
