/** Attributes by name, prefix included; one that is `undefined` is left out. */
export type XmlAttributes = Readonly<Record<string, string | undefined>>;

/**
 * One element as text.
 *
 * @param content - XML, already escaped. Empty: the element is closed at once.
 */
export function element(name: string, content: string, attributes: XmlAttributes = {}): string {
  const written = Object.entries(attributes)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join("");
  return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** Text as XML. What XML 1.0 cannot hold becomes `#`, as in ABAP; carriage returns survive as references. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(notInXml, "#")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");
}

/** The declaration before a document. */
export const xmlDeclaration = '<?xml version="1.0" encoding="utf-8"?>';

const notInXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
