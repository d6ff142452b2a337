import type { Prisma } from "../generated/prisma/client.js";

/** Runs one statement as isthmus_system and gives its rows, with the names and types of its columns. */
export type SystemQuery = <Row extends object>(statement: Prisma.Sql) => Promise<Row[]>;

/** A JSON object as a column holds it. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined };

/** Anything that a JSON column can hold. */
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];

/** Part of a list, in the order of ids: oldest first, since ids are UUIDs v7. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Hand it back as `after` for the next page; `undefined` at the end. */
  readonly nextCursor: string | undefined;
}

/** Which part of a list. */
export interface PageRequest {
  /** Rows at the most. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly after?: string;
}

/** Cuts a page out of the `limit + 1` rows that were read: the one too many tells that there is more. */
export function toPage<Row extends { readonly id: string }>(rows: readonly Row[], limit: number): Page<Row> {
  const shown = rows.slice(0, limit);
  return { rows: shown, nextCursor: rows.length > limit ? shown.at(-1)?.id : undefined };
}

/** A sealed value or other object of the application's, as Prisma wants it. */
export function toJson(value: object): Prisma.InputJsonObject {
  return { ...value };
}

/**
 * A JSON column that only ever holds objects.
 *
 * @throws {TypeError} When it holds something else: somebody wrote to the table past this service.
 */
export function readObject(value: Prisma.JsonValue): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("A JSON column that should hold an object holds something else.");
  }
  return value;
}
