import { z } from "zod";
import { findSchemaProblems } from "../schemas/check-schema.js";
import { compileSchema, type JsonSchema } from "../schemas/compile-schema.js";

/** A field of the configuration that holds a JSON Schema; what of it cannot be promised is refused, with its place. */
export const jsonSchemaOption: z.ZodType<JsonSchema> = z
  .record(z.string(), z.unknown())
  .superRefine((schema, context) => {
    const problems = findSchemaProblems(schema);
    for (const { path, message } of problems) context.addIssue({ code: "custom", path: [...path], message });
    if (problems.length > 0) return;
    for (const { path, message } of findDefaultProblems(schema, [])) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
  });

/** The same for an operation's input, which is always an object. */
export const inputSchemaOption: z.ZodType<JsonSchema> = jsonSchemaOption.refine(({ type }) => type === "object", {
  path: ["type"],
  message: 'must be "object": an operation takes named fields',
});

/** zod takes a default without a look at it; one that does not fit would be sent. */
function findDefaultProblems(
  schema: unknown,
  path: (string | number)[],
): { path: (string | number)[]; message: string }[] {
  if (typeof schema !== "object" || schema === null) return [];
  const inner = Object.entries(schema).flatMap(([name, value]) => {
    const isSchemas = name === "properties" || name === "anyOf" || name === "oneOf";
    const schemas = isSchemas ? Object.entries(Object(value)) : [];
    if (name === "items" || name === "additionalProperties") return findDefaultProblems(value, [...path, name]);
    return schemas.flatMap(([key, each]) => findDefaultProblems(each, [...path, name, key]));
  });
  if (!Object.hasOwn(schema, "default")) return inner;
  const { default: value, ...rest }: JsonSchema = { ...schema };
  if (compileSchema(rest).safeParse(value).success) return inner;
  return [...inner, { path: [...path, "default"], message: "does not fit its own schema" }];
}
