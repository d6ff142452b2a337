/** A piece of a template: literal text, or the place of a value, named by its path in the input. */
export type TemplatePart = { readonly text: string } | { readonly place: readonly string[] };

/** A template's parts, or what is wrong with its text. */
export type ParsedTemplate =
  | { readonly parts: readonly TemplatePart[]; readonly problem?: undefined }
  | { readonly problem: string };

const pieces = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const placePattern = /^[A-Za-z_][\w-]*(?:\.[A-Za-z0-9_][\w-]*)*$/;

/**
 * Reads a text with places for values: `{id}`, or `{address.city}` for what is deeper. `{{` and `}}` stand for braces.
 */
export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let literal = "";
  let end = 0;
  for (const match of text.matchAll(pieces)) {
    const [piece, name] = match;
    literal += text.slice(end, match.index);
    end = match.index + piece.length;
    if (name === undefined) {
      if (piece.length === 1) return { problem: `has a lone "${piece}": write "${piece}${piece}" for a brace` };
      literal += piece.charAt(0);
      continue;
    }
    if (!placePattern.test(name)) return { problem: "has a place that is no name: write {name} or {name.inner}" };
    if (literal !== "") parts.push({ text: literal });
    literal = "";
    parts.push({ place: name.split(".") });
  }
  literal += text.slice(end);
  if (literal !== "") parts.push({ text: literal });
  return { parts };
}

/** The parts of a template that the configuration's schema has proven. */
export function partsOf(text: string): readonly TemplatePart[] {
  const parsed = parseTemplate(text);
  if (parsed.problem === undefined) return parsed.parts;
  throw new TypeError(`A template ${parsed.problem}.`);
}

/** The values that a template asks for, each by its path in the input. */
export function placesOf(text: string): readonly (readonly string[])[] {
  const parsed = parseTemplate(text);
  return parsed.problem === undefined ? parsed.parts.flatMap((part) => ("place" in part ? [part.place] : [])) : [];
}

/** The value at a place; `undefined` when there is none. Own fields only: `constructor` is in every object. */
export function valueAt(values: unknown, place: readonly string[]): unknown {
  let value = values;
  for (const name of place) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  return value;
}
