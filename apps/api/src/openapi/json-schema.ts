import { z } from "zod";

/**
 * A schema as JSON Schema 2020-12, as OpenAPI 3.1 has it. What JSON Schema cannot say (a transformation) is left open.
 *
 * @param io - `input`: what a caller may send; `output`: what they receive.
 */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    target: "draft-2020-12",
  });
  return rest;
}
