import { ValidationError, type XmlElement } from "@isthmus/core";
import type { IdocSegmentRule } from "./idoc-schema.js";

/** Declarations by their names. */
export function byName(elements: readonly XmlElement[]): ReadonlyMap<string, XmlElement> {
  return new Map(elements.map((element) => [nameOf(element), element]));
}

/** The name that a declaration has to have. @throws {ValidationError} when it has none. */
export function nameOf(element: XmlElement): string {
  const name = element.attributes.get("name");
  if (name) return name;
  throw refuse(`It has a ${element.name} without a name`);
}

/** A name without its prefix. */
export function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(":") + 1);
}

/** How often an element may stand. @throws {ValidationError} for what is no number. */
export function occurrence({ attributes }: XmlElement): Pick<IdocSegmentRule, "minOccurs" | "maxOccurs"> {
  const max = attributes.get("maxOccurs") ?? "1";
  return {
    minOccurs: readNumber(attributes.get("minOccurs") ?? "1"),
    maxOccurs: max === "unbounded" ? Number.POSITIVE_INFINITY : readNumber(max),
  };
}

/** SAP writes 9999999999 where it means any number. */
export function readNumber(text: string | undefined): number {
  if (text !== undefined && /^\d{1,12}$/.test(text)) return Number(text);
  throw refuse("It has a length or an occurrence that is no number");
}

/** The error of a schema that cannot be used. */
export function refuse(problem: string, cause?: unknown): ValidationError {
  return new ValidationError(`The schema of the IDoc cannot be used. ${problem}.`, [], { cause });
}
