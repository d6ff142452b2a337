import { type Operation, ValidationError, type ValidationIssue } from "@isthmus/core";
import { type InputParameter, listInputParameters } from "./input-parameters.js";

/**
 * The input of an operation that takes bytes, from the query: text stays text, everything else is JSON. Whether it fits is
 * left to the operation's schema; names that it does not know go there too, to be refused as in a body.
 *
 * @param fileName - From `Content-Disposition`: the input's `fileName`, where it has one and the query does not say it.
 * @throws {ValidationError} naming each parameter that is given twice or is not JSON.
 */
export function readQueryInput(
  operation: Pick<Operation, "name" | "input">,
  query: Readonly<Record<string, unknown>>,
  fileName: string | undefined,
): Record<string, unknown> {
  const parameters = new Map(listInputParameters(operation).map((parameter) => [parameter.name, parameter]));
  const issues: ValidationIssue[] = [];
  const entries = Object.entries(query).map(([name, given]) => {
    const value = readValue(given, parameters.get(name));
    if (value === unreadable) issues.push({ path: name, message: describeForm(given) });
    return [name, value] as const;
  });
  if (issues.length > 0)
    throw new ValidationError(`The query of ${operation.name} cannot be read; see errors.`, issues);
  const isNamed = parameters.has("fileName") && !("fileName" in query) && fileName !== undefined;
  return Object.fromEntries(isNamed ? [...entries, ["fileName", fileName]] : entries);
}

const unreadable = Symbol("unreadable");

function readValue(given: unknown, parameter: InputParameter | undefined): unknown {
  if (typeof given !== "string") return unreadable;
  if (parameter === undefined || parameter.form === "text") return given;
  try {
    return JSON.parse(given, refusePrototype);
  } catch {
    return unreadable; // what the parser says quotes the value
  }
}

function describeForm(given: unknown): string {
  return typeof given === "string" ? "JSON: a number, true, or a list or an object, percent-encoded." : "Give it once.";
}

/** As in bodies: such a key would change the object that it is in. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new SyntaxError("a key that is not allowed");
  return value;
}
