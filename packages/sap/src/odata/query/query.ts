import { z } from "zod";
import { boundedJson } from "../../bounded-json.js";
import { type Filter, filterLimits, nestedFilterSchema } from "./filter.js";

/** One field to sort by. */
export interface OrderBy {
  /** A property, or a path to one over to-one navigations. */
  readonly field: string;
  /** Greatest first. Default false. */
  readonly descending?: boolean;
}

/** What to ask of a set of entities, as JSON. */
export interface Query {
  /** Default: all entities. */
  readonly filter?: Filter;
  /** Names of properties. Default: what the service gives by itself, usually all. */
  readonly select?: readonly string[];
  /** Related entities to give along. A name or path alone stands for `{ navigation }`. */
  readonly expand?: readonly (string | Expand)[];
  readonly orderBy?: readonly OrderBy[];
  /** At most so many entities. */
  readonly top?: number;
  /** Not the first so many. */
  readonly skip?: number;
  /** Whether to count all that meet the filter. */
  readonly count?: boolean;
  /** v4: words that the service looks for wherever it likes, all of them. */
  readonly search?: string;
}

/** Related entities to give along. v2 has only `select` and `expand` for them. */
export interface Expand extends Query {
  readonly navigation: string;
}

const name = z.string().min(1).max(512);

const queryShape = {
  filter: nestedFilterSchema.optional(),
  select: z.array(name).min(1).optional(),
  expand: z.array(z.union([name, z.lazy(() => expandSchema)])).optional(),
  orderBy: z.array(z.strictObject({ field: name, descending: z.boolean().optional() })).optional(),
  top: z.int().nonnegative().optional(),
  skip: z.int().nonnegative().optional(),
  count: z.boolean().optional(),
  search: z.string().min(1).max(1_000).optional(),
};

const expandSchema: z.ZodType<Expand> = z.strictObject({ navigation: name, ...queryShape });

/** Reads a {@link Query}. One that is nested or long beyond {@link filterLimits} is refused before it is looked at. */
export const querySchema: z.ZodType<Query> = boundedJson(z.strictObject(queryShape), filterLimits);
