import { ConnectorError, type EntityCursor, ValidationError } from "@isthmus/core";
import { z } from "zod";

/** Version of the cursors below. */
export const cursorVersion = 1;

const stampSchema = z.string().nullable();
const keyValueSchema = z.union([z.string(), z.number(), z.boolean()]);
const keySchema = z.record(z.string(), keyValueSchema);
const common = { v: z.literal(cursorVersion), set: z.string() };
const byTimestamp = {
  ...common,
  by: z.literal("timestamp"),
  property: z.string(),
  /** The newest timestamp seen. */
  newest: z.string().optional(),
  /** Whether records without a timestamp are still to be read. */
  nulls: z.boolean(),
};

const timestampSchema = z.discriminatedUnion("at", [
  /** Nothing is read yet. */
  z.strictObject({ ...byTimestamp, at: z.literal("start") }),
  /** From that timestamp on. */
  z.strictObject({ ...byTimestamp, at: z.literal("from"), stamp: z.string() }),
  /** Among records of that one timestamp: behind the one with that key, or from the first. */
  z.strictObject({ ...byTimestamp, at: z.literal("run"), stamp: stampSchema, after: keySchema.optional() }),
  /** Behind all records of that timestamp. */
  z.strictObject({ ...byTimestamp, at: z.literal("behind"), stamp: stampSchema }),
  /** All was read. */
  z.strictObject({ ...byTimestamp, at: z.literal("end") }),
]);

const cursorSchema = z.union([
  /** `path`: of the next page or of the changes since, below the service's root. Missing: nothing is read yet. */
  z.strictObject({ ...common, by: z.literal("delta"), path: z.string().optional() }),
  timestampSchema,
  z.strictObject({ ...common, by: z.literal("full") }),
]);

/** Where a read of changes stopped. */
export type ChangeCursor = z.infer<typeof cursorSchema>;

/** A value of a key property. */
export type KeyValue = z.infer<typeof keyValueSchema>;

/** One that goes by timestamps. */
export type TimestampCursor = z.infer<typeof timestampSchema>;

/**
 * A stored cursor as what it is.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` for one of a version that is not known any more.
 * @throws {ValidationError} for one that was not made for this set.
 */
export function readCursor(cursor: EntityCursor, set: string): ChangeCursor {
  if (cursor.v !== cursorVersion) {
    throw new ConnectorError(
      "CURSOR_EXPIRED",
      "This cursor is of another version. Read everything again, without one.",
    );
  }
  const result = cursorSchema.safeParse(cursor, { reportInput: false });
  if (result.success && result.data.set === set) return result.data;
  throw new ValidationError(`This is no cursor of ${set}.`, [
    { path: "cursor", message: "What an earlier read of it gave." },
  ]);
}
