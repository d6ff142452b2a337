import { z } from "zod";

/** How much a value of JSON may hold. */
export interface JsonLimits {
  /** Objects and lists within one another. */
  readonly maxDepth: number;
  /** Objects, lists, texts, numbers and all else, counted together. */
  readonly maxValues: number;
}

/**
 * A schema for JSON that calls itself, safe against input made to exhaust the stack: depth and number of values are counted first,
 * without recursion.
 */
export function boundedJson<Output>(schema: z.ZodType<Output>, limits: JsonLimits): z.ZodType<Output> {
  return z.preprocess((input, context) => {
    const problem = findExcess(input, limits);
    if (problem === undefined) return input;
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  }, schema);
}

/** What is too much about a value of JSON; `undefined` where nothing is. */
export function findExcess(input: unknown, { maxDepth, maxValues }: JsonLimits): string | undefined {
  let level: readonly unknown[] = [input];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    values += level.length;
    if (values > maxValues) return `must have at most ${maxValues} values`;
    if (depth > maxDepth) return `must not be nested deeper than ${maxDepth}`;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return undefined;
}
