import { isJsonObject } from "../rest/json-body.js";
import { explainReferenceId } from "./subrequest.js";

/** The bodies that earlier parts were answered with, by reference id; those that failed are not among them. */
export type Answered = ReadonlyMap<string, unknown>;

/** A part that refers to something that is not there. */
export class UnresolvedReferenceError extends Error {
  override readonly name = "UnresolvedReferenceError";
}

const reference = /@\{([^}]*)\}/g;

/**
 * Puts the values that `@{refAccount.id}` or `@{found.records[0].Name}` mean in place of these references, in every
 * text of a body. A text that is one reference and nothing else becomes null where the value is null.
 *
 * @throws {UnresolvedReferenceError}
 */
export function resolveReferences(value: unknown, answered: Answered): unknown {
  if (typeof value === "string") return resolveText(value, answered);
  if (Array.isArray(value)) return value.map((part) => resolveReferences(part, answered));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolveReferences(part, answered)]));
}

/** The reference ids that a body or URL refers to. */
export function listReferences(value: unknown): string[] {
  if (typeof value === "string") return [...value.matchAll(reference)].map((match) => rootOf(match[1] ?? ""));
  if (Array.isArray(value)) return value.flatMap(listReferences);
  return isJsonObject(value) ? Object.values(value).flatMap(listReferences) : [];
}

/** @throws {UnresolvedReferenceError} */
export function resolveUrl(url: string, answered: Answered): string {
  return url.replace(reference, (_whole, path: string) => encodeURIComponent(String(lookUp(path, answered) ?? "")));
}

function resolveText(text: string, answered: Answered): string | null {
  const whole = /^@\{([^}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined && lookUp(whole, answered) === null) return null;
  return text.replace(reference, (_whole, path: string) => String(lookUp(path, answered) ?? ""));
}

function lookUp(path: string, answered: Answered): string | number | boolean | null {
  const root = rootOf(path);
  let current = answered.get(root);
  for (const step of path.slice(root.length).match(/\.[^.[\]]+|\[\d+\]/g) ?? []) {
    if (Array.isArray(current) && step.startsWith("[")) current = current[Number(step.slice(1, -1))];
    else current = isJsonObject(current) && step.startsWith(".") ? current[step.slice(1)] : undefined;
  }
  if (current === null || ["string", "number", "boolean"].includes(typeof current)) return scalarOf(current);
  const message = `Invalid reference specified. No value for ${path} found in ${root}.`;
  throw new UnresolvedReferenceError(`${message} ${explainReferenceId(path)}`);
}

function scalarOf(value: unknown): string | number | boolean | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function rootOf(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? "";
}
