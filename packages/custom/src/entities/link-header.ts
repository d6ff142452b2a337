import type { ResponseHeaders } from "@isthmus/core";

const parameter = /;\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+)))?\s*/y;
const target = /[\s,]*<([^>]*)>\s*/y;

/**
 * The target of the first link with the relation "next"; `undefined` when there is none, or when what stands there is no
 * Link header. A link with another context (`anchor`) says nothing of this page.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function findNextLink(header: ResponseHeaders[string]): string | undefined {
  const text = (Array.isArray(header) ? header.join(", ") : (header ?? "")).slice(0, 20_000);
  for (let at = 0; at < text.length; ) {
    target.lastIndex = at;
    const found = target.exec(text);
    if (!found) return undefined;
    at = target.lastIndex;
    const parameters = new Map<string, string>();
    for (;;) {
      parameter.lastIndex = at;
      const match = parameter.exec(text);
      if (!match) break;
      at = parameter.lastIndex;
      const [, name = "", quoted, plain = ""] = match;
      // Of several "rel" the first counts.
      if (!parameters.has(name.toLowerCase()))
        parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? plain);
    }
    const relations = (parameters.get("rel") ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next") && !parameters.has("anchor")) return found[1];
    if (at < text.length && text[at] !== ",") return undefined;
  }
  return undefined;
}
