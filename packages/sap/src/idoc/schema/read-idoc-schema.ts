import { childrenOf, findChild, readXml, type XmlElement } from "@isthmus/core";
import { toSapName } from "../names.js";
import type { IdocFieldRule, IdocSchema, IdocSegmentRule, IdocSegmentType } from "./idoc-schema.js";
import { byName, localName, nameOf, occurrence, readNumber, refuse } from "./xsd.js";

const schemaNamespace = "http://www.w3.org/2001/XMLSchema";

/** Beyond these a schema is not one of an IDoc: a segment's fields have 1000 characters in all, its types eight levels. */
const limits = { levels: 32, fields: 1_000, segments: 5_000 };

/**
 * Reads the schema of an IDoc type as SAP exports it (transaction WE60, or a system's service repository): nested types or
 * named ones. Nothing that it imports or includes is fetched, and occurrences are numbers, never copies.
 *
 * @param document - The XSD, text or bytes.
 * @throws {ValidationError} when it is no schema of an IDoc, names a type that it does not have, or contains itself.
 */
export function readIdocSchema(document: Uint8Array | string): IdocSchema {
  const root = readDocument(document);
  if (root.name !== "schema" || root.namespace !== schemaNamespace) throw refuse("It is not an XML schema");
  return new SchemaReader(root).read();
}

function readDocument(document: Uint8Array | string): XmlElement {
  try {
    return readXml(document, { maxBytes: 16 * 1024 * 1024, maxElements: 500_000 });
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : "It cannot be read", cause);
  }
}

class SchemaReader {
  readonly #elements: ReadonlyMap<string, XmlElement>;
  readonly #types: ReadonlyMap<string, XmlElement>;
  readonly #segmentTypes = new Map<XmlElement, IdocSegmentType>();
  /** Types that are being read: one that is met again contains itself. */
  readonly #open = new Set<XmlElement>();

  constructor(root: XmlElement) {
    this.#elements = byName(childrenOf(root, "element"));
    this.#types = byName([...childrenOf(root, "complexType"), ...childrenOf(root, "simpleType")]);
  }

  read(): IdocSchema {
    for (const [name, element] of this.#elements) {
      const type = this.#complexType(element);
      const idoc = type && this.#particles(type).find((particle) => particle.attributes.get("name") === "IDOC");
      const idocType = idoc && this.#complexType(idoc);
      if (idocType) return { name: toSapName(name), segments: this.#segmentType(idocType).segments };
    }
    throw refuse("No element of it holds an IDOC");
  }

  #segmentType(type: XmlElement): IdocSegmentType {
    const known = this.#segmentTypes.get(type);
    if (known) return known;
    if (this.#open.has(type)) throw refuse("A segment of it contains itself");
    if (this.#open.size >= limits.levels) throw refuse(`Its segments lie deeper than ${limits.levels} levels`);
    this.#open.add(type);
    const fields = new Map<string, IdocFieldRule>();
    const segments: IdocSegmentRule[] = [];
    for (const particle of this.#particles(type)) {
      const element = this.#referenced(particle);
      const name = toSapName(nameOf(element));
      if (name === "EDI_DC40") continue;
      const complex = this.#complexType(element);
      if (complex) segments.push({ name, ...occurrence(particle), type: this.#segmentType(complex) });
      else fields.set(name, this.#fieldRule(element, occurrence(particle).minOccurs > 0));
    }
    if (fields.size > limits.fields || segments.length > limits.segments) {
      throw refuse(`A segment of it has more than ${limits.fields} fields or ${limits.segments} segments`);
    }
    this.#open.delete(type);
    const read = { fields, segments };
    this.#segmentTypes.set(type, read);
    return read;
  }

  /** The elements that a type may hold, in order. Groups within groups are one list: SAP's own have no alternatives. */
  #particles(type: XmlElement): readonly XmlElement[] {
    const found: XmlElement[] = [];
    const visit = (group: XmlElement): void => {
      for (const child of group.children) {
        if (child.name === "element") found.push(child);
        else if (child.name === "sequence" || child.name === "all") visit(child);
        else if (child.name === "choice" || child.name === "group" || child.name === "any") {
          throw refuse(`It has a ${child.name}, which no IDoc type has`);
        }
      }
    };
    visit(type);
    return found;
  }

  #referenced(particle: XmlElement): XmlElement {
    const reference = particle.attributes.get("ref");
    if (reference === undefined) return particle;
    const element = this.#elements.get(localName(reference));
    if (!element) throw refuse(`It names an element ${reference} that it does not have`);
    return element;
  }

  /** `undefined` for an element that holds text. */
  #complexType(element: XmlElement): XmlElement | undefined {
    const inner = findChild(element, "complexType");
    if (inner) return inner;
    const named = this.#namedType(element.attributes.get("type"));
    return named?.name === "complexType" ? named : undefined;
  }

  #fieldRule(element: XmlElement, required: boolean): IdocFieldRule {
    let type = findChild(element, "simpleType") ?? this.#namedType(element.attributes.get("type"));
    // A restriction of a restriction: the first that sets a length has the shortest. Bounded, because they may go in a circle.
    for (let step = 0; type && step < 16; step += 1) {
      const restriction: XmlElement | undefined = findChild(type, "restriction");
      const length = restriction && (findChild(restriction, "maxLength") ?? findChild(restriction, "length"));
      if (length) return { maxLength: readNumber(length.attributes.get("value")), required };
      type = this.#namedType(restriction?.attributes.get("base"));
    }
    return { required };
  }

  /** `undefined` for no type, and for one of XML Schema itself. */
  #namedType(reference: string | undefined): XmlElement | undefined {
    if (reference === undefined) return undefined;
    const own = this.#types.get(localName(reference));
    if (own || builtIn.has(localName(reference))) return own;
    throw refuse(`It names a type ${reference} that it does not have: nothing is imported`);
  }
}

/** What fields of IDocs are declared as where they have no length of their own. */
const builtIn = new Set([
  "string",
  "token",
  "normalizedString",
  "decimal",
  "integer",
  "int",
  "date",
  "time",
  "hexBinary",
]);
