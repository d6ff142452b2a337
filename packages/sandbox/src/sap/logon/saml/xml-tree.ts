import sax from "sax";

/** An attribute, its namespace resolved. */
export interface XmlAttribute {
  /** As written, such as `xsi:type`. */
  name: string;
  prefix: string;
  local: string;
  namespace: string;
  value: string;
}

/** An element with what is in it; declarations of namespaces are no attributes. */
export interface XmlElement {
  name: string;
  prefix: string;
  local: string;
  namespace: string;
  attributes: XmlAttribute[];
  /** All prefixes that are bound here, by namespace. */
  scope: Readonly<Record<string, string>>;
  children: (XmlElement | string)[];
}

/** Characters of a document; an assertion is a few thousand. */
const maximumLength = 100_000;

const maximumDepth = 50;

/** Reads a document without a DTD. Comments and processing instructions are left out. @throws {Error} saying why not */
export function readXmlTree(xml: string): XmlElement {
  if (xml.length > maximumLength) throw new Error("The XML is too long.");
  const parser = sax.parser(true, { xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.ondoctype = () => {
    throw new Error("The XML has a DTD.");
  };
  parser.onerror = (error) => {
    throw new Error(`The XML is malformed: ${error.message.split("\n")[0]}`);
  };
  parser.onopentag = (tag) => {
    if (!("ns" in tag)) return;
    const attributes = Object.values(tag.attributes).filter(
      ({ prefix, name }) => prefix !== "xmlns" && name !== "xmlns",
    );
    const element: XmlElement = {
      name: tag.name,
      prefix: tag.prefix,
      local: tag.local,
      namespace: tag.uri,
      attributes: attributes.map(({ name, prefix, local, uri, value }) => ({
        name,
        prefix,
        local,
        namespace: uri,
        value,
      })),
      scope: scopeOf(tag.ns),
      children: [],
    };
    if (open.length >= maximumDepth) throw new Error("The XML is nested too deep.");
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  };
  parser.onclosetag = () => void open.pop();
  const addText = (text: string): void => void open.at(-1)?.children.push(text);
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.write(xml.replaceAll("\r\n", "\n")).close();
  if (root === undefined) throw new Error("The XML is empty.");
  return root;
}

/** The children that are elements of this name. */
export function childrenOf(element: XmlElement, namespace: string, local: string): XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement => typeof child !== "string" && child.namespace === namespace && child.local === local,
  );
}

/** The one child of this name. @throws {Error} when there is none or more than one */
export function onlyChild(element: XmlElement, namespace: string, local: string): XmlElement {
  const [first, ...others] = childrenOf(element, namespace, local);
  if (first === undefined || others.length > 0) throw new Error(`${element.local} must have one ${local}.`);
  return first;
}

/** Attribute without a namespace; "" where it is not there. */
export function attributeOf(element: XmlElement, name: string): string {
  return element.attributes.find((attribute) => attribute.name === name)?.value ?? "";
}

/** The text inside, without that of inner elements. */
export function textOf(element: XmlElement): string {
  return element.children
    .filter((child) => typeof child === "string")
    .join("")
    .trim();
}

/** All elements, the outermost first. */
export function* walk(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) if (typeof child !== "string") yield* walk(child);
}

// sax chains the scopes by prototype.
function scopeOf(namespaces: Record<string, string>): Record<string, string> {
  const scope: Record<string, string> = {};
  for (const prefix in namespaces) scope[prefix] = namespaces[prefix] ?? "";
  return scope;
}
