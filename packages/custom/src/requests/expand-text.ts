import { partsOf, valueAt } from "./template.js";
import { textOf } from "./value-text.js";

/** A template's text; `undefined` when one of its values is missing. */
export function expandText(template: string, values: unknown): string | undefined {
  let text = "";
  for (const part of partsOf(template)) {
    const piece = "text" in part ? part.text : textOf(valueAt(values, part.place), part.place.join("."));
    if (piece === undefined) return undefined;
    text += piece;
  }
  return text;
}
