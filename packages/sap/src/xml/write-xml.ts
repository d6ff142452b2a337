import { escapeXml, findForbiddenCharacter, ValidationError } from "@isthmus/core";

/** One element to be written. It has a text or children, never both: mixed content has no place in SAP's documents. */
export interface XmlNode {
  /** With a prefix where the document uses one: `soap:Body`. */
  readonly name: string;
  /** By name, prefix included; declarations of namespaces too. In this order. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Written exactly as given, so that a reader gets the same characters back. */
  readonly text?: string;
  readonly children?: readonly XmlNode[];
}

/** The declaration that {@link writeXml} begins with. */
const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

/**
 * Writes a document, without any white space of its own.
 *
 * @returns text to be sent as UTF-8.
 * @throws {ValidationError} for a name that is none in XML, a character that XML 1.0 cannot carry (most controls, half a
 * surrogate pair), or an element with text and children. Each issue names the path of the element, `ORDERS05.IDOC.E1EDK01`.
 */
export function writeXml(root: XmlNode): string {
  const parts = [declaration];
  writeElement(root, "", parts);
  return parts.join("");
}

// XML allows more (https://www.w3.org/TR/xml/#NT-Name); SAP's names and those of SOAP need no more than this.
const nameForm = /^(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*$/;

function writeElement(node: XmlNode, parentPath: string, parts: string[]): void {
  const { name, attributes = {}, text, children = [] } = node;
  const path = parentPath === "" ? name : `${parentPath}.${name}`;
  assertName(name, parentPath, "element");
  if (text !== undefined && text !== "" && children.length > 0) throw refuse(path, "has text beside its elements");
  parts.push(`<${name}`);
  for (const [attribute, value] of Object.entries(attributes)) {
    assertName(attribute, path, "attribute");
    parts.push(` ${attribute}="${escapeText(value, `${path}@${attribute}`)}"`);
  }
  if (!text && children.length === 0) {
    parts.push("/>");
    return;
  }
  parts.push(">");
  if (text) parts.push(escapeText(text, path));
  for (const child of children) writeElement(child, path, parts);
  parts.push(`</${name}>`);
}

function escapeText(text: string, path: string): string {
  const character = findForbiddenCharacter(text);
  if (character !== undefined) throw refuse(path, `holds the character ${character}, which XML cannot carry`);
  return escapeXml(text);
}

function assertName(name: string, path: string, what: string): void {
  if (nameForm.test(name)) return;
  throw refuse(path, `has an ${what} whose name cannot be written in XML`);
}

function refuse(path: string, problem: string): ValidationError {
  const where = path === "" ? "The document" : path;
  return new ValidationError(`The XML cannot be written: ${where} ${problem}.`, [{ path, message: `It ${problem}.` }]);
}
