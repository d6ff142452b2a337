import { z } from "zod";
import type { EntityName } from "./entities/traits.js";
import type { QueryCalls, QueryRecord } from "./query.js";
import { quickbooksQuery } from "./query-language.js";

/** Where reading by time stands. */
export interface TimePosition {
  /** All before it is read. As Intuit writes times. */
  readonly from: string;
  /** Records of that very second that are read already: only where they fill whole pages. */
  readonly passed: number;
}

/** A page, and where to go on after it. */
export interface TimePage {
  readonly records: readonly QueryRecord[];
  /** `undefined` after the last page. */
  readonly next: TimePosition | undefined;
}

const pageSize = 1_000;

/**
 * Reads an entity in the order of one of its times. Each page begins at the last time of the page before: what is deleted or
 * changed meanwhile moves no other record out of sight, as counting from the beginning would. Records of that last second come
 * twice.
 *
 * @param condition - Further condition, beginning with `and`; may be empty.
 */
export async function* readByTime(
  query: QueryCalls,
  entity: EntityName,
  field: "CreateTime" | "LastUpdatedTime",
  start: TimePosition,
  condition: string,
  signal: AbortSignal,
): AsyncIterable<TimePage> {
  for (let position: TimePosition | undefined = start; position !== undefined; ) {
    const { from, passed }: TimePosition = position;
    const since = quickbooksQuery`>= ${from}`;
    const text = `select * from ${entity} where MetaData.${field} ${since} ${condition} orderby MetaData.${field}`;
    const { records, more } = await query.page(text, passed + 1, pageSize, signal);
    const last = timeOf(records.at(-1), field);
    position =
      more && last !== undefined ? { from: last, passed: last === from ? passed + records.length : 0 } : undefined;
    yield { records, next: position };
  }
}

function timeOf(record: QueryRecord | undefined, field: string): string | undefined {
  const time = z.looseObject({ MetaData: z.looseObject({}) }).safeParse(record).data?.MetaData[field];
  return typeof time === "string" ? time : undefined;
}
