import { findPatternProblem } from "./linear-pattern.js";
import { annotations, bounds, choices, counts, formats, keywordsOfType } from "./schema-keywords.js";

/** What is wrong with a JSON Schema, and where in it. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Report = (path: readonly (string | number)[], message: string) => void;

const deepest = 12;
const mostSchemas = 2_000;

/**
 * Everything in a JSON Schema that cannot be promised to mean what it says. zod reads more than this and ignores some of it
 * quietly (`minLength` without a type, unknown formats); a rule that is not applied is worse than none.
 */
export function findSchemaProblems(schema: unknown): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  let seen = 0;
  const report: Report = (path, message) => {
    if (problems.length < 20) problems.push({ path, message });
  };
  const check = (part: unknown, path: readonly (string | number)[]): void => {
    seen += 1;
    if (seen === mostSchemas + 1) report([], "is larger than 2,000 schemas");
    if (seen > mostSchemas) return;
    if (path.length > 2 * deepest) report(path, "is nested too deeply");
    else if (!isObject(part)) report(path, "must be a schema, an object");
    else {
      checkNames(part, path, report);
      for (const [inner, at] of innerSchemas(part)) check(inner, [...path, ...at]);
    }
  };
  check(schema, []);
  return problems;
}

/** Whether a value is an object and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkNames(
  schema: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
  report: Report,
): void {
  const types = typesOf(schema);
  const choice = choices.filter((name) => name in schema);
  const allowed = new Set<string>(
    choice.length > 0 ? choice : ["type", ...types.flatMap((type) => keywordsOfType[type] ?? [])],
  );
  for (const [name, value] of Object.entries(schema)) {
    if (annotations.has(name)) continue;
    if (!allowed.has(name)) report([...path, name], explainUnsupported(name, choice, types));
    else checkKeyword(name, value, [...path, name], report);
  }
  if (choice.length > 1) report(path, `must have one of ${choice.join(" and ")}, not both`);
  const { properties, required } = schema;
  if (!Array.isArray(required)) return;
  for (const name of required) {
    const known = typeof name === "string" && isObject(properties) && Object.hasOwn(properties, name);
    if (!known) report([...path, "required"], "must name properties of this schema");
  }
}

function checkKeyword(name: string, value: unknown, path: readonly (string | number)[], report: Report): void {
  if (name === "type") {
    const types = Array.isArray(value) ? value : [value];
    const known =
      types.length > 0 && types.every((type) => typeof type === "string" && Object.hasOwn(keywordsOfType, type));
    if (!known) report(path, `must be one of ${Object.keys(keywordsOfType).join(", ")}, or a list of them`);
  } else if (name === "pattern") {
    const problem = typeof value === "string" ? findPatternProblem(value) : "must be a text";
    if (problem !== undefined) report(path, problem);
  } else if (name === "format") {
    if (!formats.has(value)) report(path, `must be one of ${[...formats].join(", ")}: others are not proven`);
  } else if (counts.has(name)) {
    if (!Number.isSafeInteger(value) || Number(value) < 0) report(path, "must be a count");
  } else if (bounds.has(name)) {
    if (typeof value !== "number" || !Number.isFinite(value)) report(path, "must be a number");
  } else if (name === "multipleOf") {
    if (typeof value !== "number" || !(value > 0)) report(path, "must be a number above 0");
  } else if (name === "enum" || name === "const") {
    const values = name === "const" ? [value] : value;
    const scalars = Array.isArray(values) && values.length > 0 && values.length <= 1_000 && !values.some(isNested);
    if (!scalars) report(path, "must be texts, numbers, truth values or null");
  } else if (name === "anyOf" || name === "oneOf" || name === "required") {
    if (!Array.isArray(value) || (value.length === 0 && name !== "required")) report(path, "must be a list");
  } else if (name === "properties") {
    if (!isObject(value)) report(path, "must be an object");
    else if (Object.hasOwn(value, "__proto__")) report(path, 'must not have a property "__proto__"');
  }
}

function innerSchemas(schema: Readonly<Record<string, unknown>>): [unknown, (string | number)[]][] {
  const { properties, items, additionalProperties, anyOf, oneOf } = schema;
  const inner: [unknown, (string | number)[]][] = [];
  if (isObject(properties))
    for (const name of Object.keys(properties)) inner.push([properties[name], ["properties", name]]);
  if (items !== undefined) inner.push([items, ["items"]]);
  if (additionalProperties !== undefined && typeof additionalProperties !== "boolean") {
    inner.push([additionalProperties, ["additionalProperties"]]);
  }
  for (const [name, list] of Object.entries({ anyOf, oneOf })) {
    if (Array.isArray(list)) for (const [index, each] of list.entries()) inner.push([each, [name, index]]);
  }
  return inner;
}

function typesOf({ type }: Readonly<Record<string, unknown>>): string[] {
  return (Array.isArray(type) ? type : [type]).filter((each) => typeof each === "string");
}

function explainUnsupported(name: string, choice: readonly string[], types: readonly string[]): string {
  if (choice.length > 0) return `cannot stand beside ${choice.join(", ")}`;
  const owners = Object.entries(keywordsOfType).filter(([, keywords]) => keywords.includes(name));
  if (owners.length > 0 && types.length === 0)
    return `needs a "type" beside it: ${owners.map(([type]) => type).join(" or ")}`;
  return owners.length > 0 ? `does not fit the type ${types.join(", ")}` : "is a keyword that is not supported";
}

function isNested(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
