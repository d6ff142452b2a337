import type { XmlAttribute, XmlElement } from "./xml-tree.js";

/**
 * Exclusive canonical XML without comments and without a prefix list.
 *
 * @param leaveOut - An element that is skipped (the signature itself, in an enveloped one).
 * @see https://www.w3.org/TR/xml-exc-c14n/
 */
export function canonicalize(element: XmlElement, leaveOut?: XmlElement): string {
  return render(element, {}, leaveOut);
}

function render(
  element: XmlElement,
  rendered: Readonly<Record<string, string>>,
  leaveOut: XmlElement | undefined,
): string {
  const used = new Set([
    element.prefix,
    ...element.attributes.map(({ prefix }) => prefix).filter((prefix) => prefix !== ""),
  ]);
  used.delete("xml");
  const declarations = [...used]
    .map((prefix) => [prefix, element.scope[prefix] ?? ""] as const)
    .filter(([prefix, namespace]) => (rendered[prefix] ?? "") !== namespace)
    .sort(([left], [right]) => compare(left, right));
  const inner = { ...rendered, ...Object.fromEntries(declarations) };
  const namespaces = declarations.map(
    ([prefix, namespace]) => ` xmlns${prefix === "" ? "" : `:${prefix}`}="${escapeAttribute(namespace)}"`,
  );
  const attributes = [...element.attributes]
    .sort(compareAttributes)
    .map(({ name, value }) => ` ${name}="${escapeAttribute(value)}"`);
  const children = element.children
    .filter((child) => child !== leaveOut)
    .map((child) => (typeof child === "string" ? escapeText(child) : render(child, inner, leaveOut)));
  return `<${element.name}${namespaces.join("")}${attributes.join("")}>${children.join("")}</${element.name}>`;
}

function compareAttributes(left: XmlAttribute, right: XmlAttribute): number {
  return compare(left.namespace, right.namespace) || compare(left.local, right.local);
}

/** By code point, as the recommendation demands. */
function compare(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#xD;");
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\t", "&#x9;")
    .replaceAll("\n", "&#xA;")
    .replaceAll("\r", "&#xD;");
}
