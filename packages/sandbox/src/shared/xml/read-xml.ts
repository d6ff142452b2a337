import sax from "sax";

/** One element of a document that a client sent. */
export interface XmlElement {
  /** Local name. */
  readonly name: string;
  /** `""` for none. */
  readonly namespace: string;
  /** By local name; declarations of namespaces are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text and CDATA, not trimmed. */
  readonly text: string;
}

/** The document is not XML, or not XML that is taken here. */
export class InvalidXmlError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "InvalidXmlError";
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const maximumDepth = 64;
const pieceLength = 16 * 1024;

/**
 * Reads a document without losing a character of its text. A document type is refused, so there are no entities but XML's five.
 *
 * @throws {InvalidXmlError} when it is not well-formed, has a document type, or is nested deeper than 64 elements.
 */
export function readXml(document: string | Uint8Array): XmlElement {
  const text = typeof document === "string" ? document : decode(document);
  const parser = sax.parser(true, { xmlns: true, position: true });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  const append = (part: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  };
  parser.onerror = (error) => {
    throw new InvalidXmlError(error.message.split("\n")[0]);
  };
  parser.ondoctype = () => {
    throw new InvalidXmlError("A document type is not allowed");
  };
  parser.onopentag = (tag) => {
    if (open.length >= maximumDepth) throw new InvalidXmlError(`Nested deeper than ${maximumDepth} elements`);
    open.push(toElement(tag as sax.QualifiedTag));
  };
  parser.ontext = append;
  parser.oncdata = append;
  parser.onclosetag = () => {
    const element = open.pop();
    if (element === undefined) return;
    const parent = open.at(-1);
    if (parent === undefined) root ??= element;
    else parent.children.push(element);
  };
  // In pieces, so that sax's own bound on buffered text does not count a whole document at once.
  for (let at = 0; at < text.length; at += pieceLength) parser.write(text.slice(at, at + pieceLength));
  parser.close();
  if (root === undefined) throw new InvalidXmlError("The document has no element");
  return root;
}

/** The first child of that local name. */
export function findChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text of the first child of that local name; `""` where there is none. */
export function childText(element: XmlElement | undefined, name: string): string {
  return findChild(element, name)?.text ?? "";
}

function toElement(tag: sax.QualifiedTag): OpenElement {
  const own = Object.values(tag.attributes).filter(({ prefix, name }) => prefix !== "xmlns" && name !== "xmlns");
  return {
    name: tag.local,
    namespace: tag.uri,
    attributes: new Map(own.map(({ local, value }) => [local, value])),
    children: [],
    text: "",
  };
}

function decode(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1];
  const mark = bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : bytes[0] === 0xff && bytes[1] === 0xfe;
  const encoding = mark === true ? "utf-16le" : mark || declared || "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidXmlError(`The document is not text in ${encoding}`);
  }
}
