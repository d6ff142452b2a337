import sax from "sax";
import { ConnectorError } from "../errors/index.js";

/** One element of a document. Names are local; the namespace says whose. */
export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** `""` for none. */
  readonly namespace: string;
  /** By local name; declarations of namespaces are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text and CDATA, exactly as written: nothing is trimmed. */
  readonly text: string;
}

/** How much a document may ask of the reader. */
export interface XmlLimits {
  /** Bytes of the document. Default 32 MiB. */
  readonly maxBytes?: number;
  /** Elements within elements. Default 64. */
  readonly maxDepth?: number;
  /** Elements in all. Default 1 000 000. */
  readonly maxElements?: number;
  /** Attributes of one element. Default 256. */
  readonly maxAttributes?: number;
  /** Characters of one attribute's value. Default 65 536. */
  readonly maxAttributeLength?: number;
}

const defaultLimits: Required<XmlLimits> = {
  maxBytes: 32 * 1024 * 1024,
  maxDepth: 64,
  maxElements: 1_000_000,
  maxAttributes: 256,
  maxAttributeLength: 65_536,
};

interface OpenElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a document that a system sent. It has no document type: a DOCTYPE is refused before anything in it is looked at, so
 * there are no entities beyond the five of XML, and nothing is fetched.
 *
 * @param document - Bytes, in UTF-8 or the encoding that they declare; or text.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is not well-formed or has a DOCTYPE; `RESPONSE_TOO_LARGE` beyond a
 * limit.
 */
export function readXml(document: Uint8Array | string, limits: XmlLimits = {}): XmlElement {
  const allowed = { ...defaultLimits, ...limits };
  if (document.length > allowed.maxBytes) throw tooLarge(`is larger than ${allowed.maxBytes} bytes`);
  const text = typeof document === "string" ? document : decodeXml(document);
  const parser = sax.parser(true, { xmlns: true, position: false });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  parser.onerror = (error) => {
    throw unreadable(firstLine(error.message), error);
  };
  parser.ondoctype = () => {
    throw unreadable("It has a document type, which is never read");
  };
  parser.onattribute = ({ value }) => {
    if (value.length > allowed.maxAttributeLength) {
      throw tooLarge(`has an attribute of more than ${allowed.maxAttributeLength} characters`);
    }
  };
  parser.onopentag = (tag) => {
    elements += 1;
    if (elements > allowed.maxElements) throw tooLarge(`has more than ${allowed.maxElements} elements`);
    if (open.length >= allowed.maxDepth) throw tooLarge(`is nested deeper than ${allowed.maxDepth} elements`);
    open.push(toOpenElement(tag as sax.QualifiedTag, allowed.maxAttributes));
  };
  parser.ontext = (part) => append(part);
  parser.oncdata = (part) => append(part);
  parser.onclosetag = () => {
    const element = open.pop();
    if (!element) return;
    const parent = open.at(-1);
    if (parent) parent.children.push(element);
    else if (root) throw unreadable("It has more than one root");
    else root = element;
  };
  function append(part: string): void {
    const element = open.at(-1);
    if (element) element.text += part;
  }
  // In pieces, so that sax's own bound on what it buffers (64 KiB of text) does not count a whole document at once.
  for (let at = 0; at < text.length; at += pieceLength) parser.write(text.slice(at, at + pieceLength));
  parser.close();
  if (!root) throw unreadable("It has no element");
  return root;
}

const pieceLength = 16 * 1024;

/** The first child of that name. */
export function findChild(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** All children of that name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

function toOpenElement(tag: sax.QualifiedTag, maxAttributes: number): OpenElement {
  const given = Object.values(tag.attributes);
  if (given.length > maxAttributes) throw tooLarge(`has an element with more than ${maxAttributes} attributes`);
  const own = given.filter(({ prefix, name }) => prefix !== "xmlns" && name !== "xmlns");
  const attributes = new Map(own.map(({ local, value }) => [local, value]));
  return { name: tag.local, namespace: tag.uri, attributes, children: [], text: "" };
}

/** By byte order mark, else by what the declaration says, else as UTF-8 (XML 1.0, appendix F). */
function decodeXml(bytes: Uint8Array): string {
  const encoding = encodingByMark(bytes) ?? declaredEncoding(bytes) ?? "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(`It is not text in ${encoding}`, cause);
  }
}

function encodingByMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return undefined;
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1];
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}

function unreadable(problem: string, cause?: unknown): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `The XML document cannot be read. ${problem}.`, { cause });
}

function tooLarge(problem: string): ConnectorError {
  return new ConnectorError("RESPONSE_TOO_LARGE", `The XML document ${problem}.`);
}
