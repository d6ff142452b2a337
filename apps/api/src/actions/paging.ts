import { ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { Page, PageRequest } from "../repositories/index.js";

/** Which part of a list a caller asks for. */
export interface ListRequest {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A list as it is answered. */
export interface ListAnswer<Item> {
  readonly data: Item[];
  readonly nextCursor: string | null;
}

const idSchema = z.uuid();

/** @throws {ValidationError} when the cursor is none of ours. */
export function toPageRequest({ limit, cursor }: ListRequest): PageRequest {
  if (cursor === undefined) return { limit };
  const after = idSchema.safeParse(Buffer.from(cursor, "base64url").toString("utf8"));
  if (after.success) return { limit, after: after.data };
  throw new ValidationError("The cursor is not one that a list gave.", [
    { path: "cursor", message: "Hand back `nextCursor` as it was answered." },
  ]);
}

/** A page with its rows as they are answered. The cursor is opaque, so that what it holds may change. */
export function toListAnswer<Row, Item>({ rows, nextCursor }: Page<Row>, view: (row: Row) => Item): ListAnswer<Item> {
  return {
    data: rows.map(view),
    nextCursor: nextCursor === undefined ? null : Buffer.from(nextCursor, "utf8").toString("base64url"),
  };
}
