import type { HttpMethod } from "@isthmus/core";
import type { RequestConfiguration } from "../options/request-options.js";
import { expandBody } from "./body-template.js";
import { expandText } from "./expand-text.js";
import { isHeaderValue } from "./header-names.js";
import { expandPath } from "./path-template.js";
import { partsOf, valueAt } from "./template.js";
import { encodeStrictly, textOf, unfit } from "./value-text.js";

/** A request without its host: what a template and its values make. */
export interface BuiltRequest {
  readonly method: HttpMethod;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Fills a request's templates with values.
 *
 * @param values - The operation's input, proven by its schema.
 * @throws {ValidationError} naming the field whose value cannot stand where the template wants it.
 */
export function buildRequest(configuration: RequestConfiguration, values: unknown): BuiltRequest {
  const { method, path, query, headers, body } = configuration;
  const built = {
    method,
    path: withQuery(expandPath(path, values), expandQuery(query, values)),
    headers: { accept: "application/json", ...expandHeaders(headers, values) },
  };
  const expanded = body && expandBody(body, values);
  if (expanded === undefined) return built;
  const { text, contentType } = expanded;
  return { ...built, headers: { ...built.headers, "content-type": contentType }, body: text };
}

/** Adds parameters to a path that may have some. */
export function withQuery(path: string, pairs: readonly (readonly [name: string, value: string])[]): string {
  if (pairs.length === 0) return path;
  const text = pairs.map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`).join("&");
  return `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

/** The parameters whose values are there; a list gives one for each of its items. */
function expandQuery(query: Readonly<Record<string, string>>, values: unknown): [string, string][] {
  return Object.entries(query).flatMap(([name, template]) => {
    const [first, ...others] = partsOf(template);
    const value = first && "place" in first && others.length === 0 ? valueAt(values, first.place) : undefined;
    const texts = Array.isArray(value) ? value.map((item) => textOf(item, name)) : [expandText(template, values)];
    return texts.flatMap((text): [string, string][] => (text === undefined ? [] : [[name, text]]));
  });
}

function expandHeaders(headers: Readonly<Record<string, string>>, values: unknown): Record<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, template]): [string, string][] => {
    const text = expandText(template, values);
    if (text === undefined || text === "") return [];
    if (!isHeaderValue(text)) throw unfit(placeNames(template), "cannot be sent in a header: only printable ASCII can");
    return [[name.toLowerCase(), text]];
  });
  return Object.fromEntries(pairs);
}

function placeNames(template: string): string {
  return partsOf(template)
    .flatMap((part) => ("place" in part ? [part.place.join(".")] : []))
    .join(", ");
}
