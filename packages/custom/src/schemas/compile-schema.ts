import { z } from "zod";
import { isObject } from "./check-schema.js";

/** A JSON Schema as it stands in a configuration. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema of the supported kind as zod's. @throws what zod throws at a schema that `findSchemaProblems` complains of. */
export function compileSchema(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema({ ...schema });
}

/**
 * An operation's input. Fields that it does not name are refused unless the schema itself lets them in: a misspelt one that
 * is silently left out costs its author an afternoon.
 */
export function compileInput(schema: JsonSchema): z.ZodType {
  return compileSchema({ additionalProperties: false, ...schema });
}

/** The names of an input's fields; `undefined` when it may have any. */
export function fieldsOf(schema: JsonSchema): ReadonlySet<string> | undefined {
  const { properties, additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== false) return undefined;
  return new Set(isObject(properties) ? Object.keys(properties) : []);
}

/** The fields that are there in every input: required, or with a default. */
export function certainFieldsOf(schema: JsonSchema): ReadonlySet<string> {
  const { properties, required } = schema;
  const names = new Set<string>(Array.isArray(required) ? required.filter((name) => typeof name === "string") : []);
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
    if (isObject(property) && property.default !== undefined) names.add(name);
  }
  return names;
}
