import type { BodyConfiguration } from "../options/request-options.js";
import { expandText } from "./expand-text.js";
import { partsOf, valueAt } from "./template.js";
import { textOf, unfit } from "./value-text.js";

/** A body as it is sent. */
export interface ExpandedBody {
  readonly text: string;
  readonly contentType: string;
}

/**
 * Makes a request's body; `undefined` when all of it is one value that is missing. Values are put into a tree and written by a serialiser, so that none can change its structure.
 *
 * @throws {ValidationError} naming the field whose value cannot stand where the template wants it.
 */
export function expandBody(body: BodyConfiguration, values: unknown): ExpandedBody | undefined {
  const tree = body.template === undefined ? values : fill(body.template, values);
  if (tree === undefined) return undefined;
  if (body.format === "form") return { text: toForm(tree), contentType: "application/x-www-form-urlencoded" };
  return { text: JSON.stringify(tree), contentType: body.mediaType };
}

/** The template with its places filled; what has no value is left out, as JSON leaves out `undefined`. */
function fill(template: unknown, values: unknown): unknown {
  if (typeof template === "string") return fillText(template, values);
  if (Array.isArray(template)) return template.map((item) => fill(item, values)).filter((item) => item !== undefined);
  if (typeof template !== "object" || template === null) return template;
  const pairs = Object.entries(template).map(([name, inner]) => [name, fill(inner, values)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** A text that is one place and nothing else is the value itself, of whatever type. */
function fillText(template: string, values: unknown): unknown {
  const [first, ...others] = partsOf(template);
  if (first && "place" in first && others.length === 0) return valueAt(values, first.place);
  return expandText(template, values);
}

function toForm(tree: unknown): string {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) throw unfit("", "a form has named fields");
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(tree)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      const text = textOf(item, name);
      if (text !== undefined) form.append(name, text);
    }
  }
  return form.toString();
}
