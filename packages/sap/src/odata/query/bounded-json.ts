import { z } from "zod";

/**
 * A schema for JSON that calls itself, safe against input made to exhaust the stack: depth and number of values are counted first,
 * without recursion.
 */
export function boundedJson<Output>(
  schema: z.ZodType<Output>,
  { maxDepth, maxValues }: { readonly maxDepth: number; readonly maxValues: number },
): z.ZodType<Output> {
  return z.preprocess((input, context) => {
    const problem = findExcess(input, maxDepth, maxValues);
    if (problem === undefined) return input;
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  }, schema);
}

function findExcess(input: unknown, maxDepth: number, maxValues: number): string | undefined {
  let level: readonly unknown[] = [input];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    values += level.length;
    if (values > maxValues) return `Too long: at most ${maxValues} values`;
    if (depth > maxDepth) return `Nested too deep: at most ${maxDepth} levels`;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return undefined;
}
