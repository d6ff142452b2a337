import { z } from "zod";

/** The strings of `value` whose field the schema marks `writeOnly`, at any depth of nested objects. */
export function writeOnlyValues(schema: z.ZodType, value: unknown): string[] {
  return collect(z.toJSONSchema(schema, { io: "input" }), value);
}

function collect(schema: z.core.JSONSchema._JSONSchema, value: unknown): string[] {
  if (typeof schema === "boolean") return [];
  if (typeof value === "string") return schema.writeOnly === true ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  const branches = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return branches.flatMap((branch) =>
    typeof branch === "boolean"
      ? []
      : Object.entries(branch.properties ?? {}).flatMap(([name, property]) =>
          Object.hasOwn(value, name) ? collect(property, Object.getOwnPropertyDescriptor(value, name)?.value) : [],
        ),
  );
}
