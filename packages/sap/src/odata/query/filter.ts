import { z } from "zod";
import { boundedJson } from "../../bounded-json.js";

/** What a condition compares with. `null` only with `eq`, `ne` and `in`. */
export type FilterValue = string | number | boolean | null;

/**
 * A condition as JSON: `{ "and": [{ "field": "Name", "eq": "O'Reilly" }, { "field": "Amount", "gt": "1250.00" }] }`.
 *
 * A field is a property or a path to one, over complex properties and to-one navigations: `to_Partner/Name`. Exactly one
 * comparison goes with it. `any` and `all` (v4) hold a condition on the items of a collection, whose fields are relative to an
 * item; `$this` is the item itself. `{ field, any: {} }` asks whether there is an item at all. `Items/$count` is the number of
 * items (v4). Dates, Int64 and Decimal are text, as in records.
 */
export interface Filter {
  readonly and?: readonly Filter[];
  readonly or?: readonly Filter[];
  readonly not?: Filter;
  readonly field?: string;
  readonly eq?: FilterValue;
  readonly ne?: FilterValue;
  readonly gt?: FilterValue;
  readonly ge?: FilterValue;
  readonly lt?: FilterValue;
  readonly le?: FilterValue;
  readonly in?: readonly FilterValue[];
  readonly contains?: string;
  readonly startsWith?: string;
  readonly endsWith?: string;
  readonly any?: Filter;
  readonly all?: Filter;
}

/** The comparisons that take one value, in OData's words. */
export const comparisons = ["eq", "ne", "gt", "ge", "lt", "le"] as const;

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const text = z.string();

/** A {@link Filter} within JSON whose depth and length are bounded already. */
export const nestedFilterSchema: z.ZodType<Filter> = z.strictObject({
  and: z
    .array(z.lazy(() => nestedFilterSchema))
    .min(1)
    .optional(),
  or: z
    .array(z.lazy(() => nestedFilterSchema))
    .min(1)
    .optional(),
  not: z.lazy(() => nestedFilterSchema).optional(),
  field: z.string().min(1).max(512).optional(),
  eq: value.optional(),
  ne: value.optional(),
  gt: value.optional(),
  ge: value.optional(),
  lt: value.optional(),
  le: value.optional(),
  in: z.array(value).min(1).optional(),
  contains: text.optional(),
  startsWith: text.optional(),
  endsWith: text.optional(),
  any: z.lazy(() => nestedFilterSchema).optional(),
  all: z.lazy(() => nestedFilterSchema).optional(),
});

/** How much a filter may ask: a URL of SAP's takes some 8 000 characters, so more would never arrive. */
export const filterLimits = { maxDepth: 32, maxValues: 2_000 } as const;

/** Reads a {@link Filter}. One that is nested or long beyond {@link filterLimits} is refused before it is looked at. */
export const filterSchema = boundedJson(nestedFilterSchema, filterLimits);
