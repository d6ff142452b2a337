import { type EntityCursor, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { Position } from "./change-feed.js";
import { KnownVersions, mostKnown } from "./known-versions.js";

/** Epoch milliseconds that a `Date` can hold: a cursor comes back from elsewhere. */
const instant = z.int().min(0).max(8.64e15);
const position = z.strictObject({ stampMs: instant, id: z.string().regex(/^[A-Za-z0-9]{15,18}$/) });
const versions = z.array(z.string().length(11)).max(mostKnown);

const cursorSchema = z.strictObject({
  v: z.literal(1),
  entity: z.string(),
  /** All that was changed before is read. Missing: everything is read for the first time. */
  fromMs: instant.optional(),
  /** Versions from that moment on that were given. */
  known: versions.default([]),
  /** The read under way. Missing: it came to its end. */
  round: z
    .strictObject({
      /** It reads what was changed before. */
      untilMs: instant,
      rowsAfter: position.optional(),
      deletionsAfter: position.optional(),
      /** Versions that it gave which the next one looks at again. */
      known: versions,
    })
    .optional(),
});

/** A read that has not come to its end. */
export interface Round {
  readonly untilMs: number;
  readonly rowsAfter?: Position | undefined;
  readonly deletionsAfter?: Position | undefined;
  readonly known: KnownVersions;
}

/** What a cursor holds. */
export interface CursorState {
  readonly fromMs?: number | undefined;
  readonly known: KnownVersions;
  readonly round?: Round | undefined;
}

/** @throws {ValidationError} for a cursor of another version or of another object. */
export function parseCursor(entity: string, cursor: EntityCursor | undefined): CursorState {
  if (cursor === undefined) return { known: new KnownVersions() };
  const { success, data } = cursorSchema.safeParse(cursor, { reportInput: false });
  if (!success) throw refused("is none that this version wrote: read the object from the beginning");
  if (data.entity !== entity) throw refused("belongs to another object");
  const { fromMs, known, round } = data;
  return {
    fromMs,
    known: new KnownVersions(known),
    ...(round && { round: { ...round, known: new KnownVersions(round.known) } }),
  };
}

/** A cursor as it is stored. */
export function writeCursor(entity: string, { fromMs, known, round }: CursorState): EntityCursor {
  return {
    v: 1,
    entity,
    ...(fromMs !== undefined && { fromMs }),
    known: known.toJSON(),
    ...(round && {
      round: {
        untilMs: round.untilMs,
        ...(round.rowsAfter && { rowsAfter: round.rowsAfter }),
        ...(round.deletionsAfter && { deletionsAfter: round.deletionsAfter }),
        known: round.known.toJSON(),
      },
    }),
  };
}

/** Whether the read that gave this cursor came to its end: until then it goes on at once. */
export function isComplete(cursor: EntityCursor): boolean {
  return cursor.round === undefined;
}

function refused(message: string): ValidationError {
  return new ValidationError(`The cursor ${message}.`, [{ path: "cursor", message }]);
}
