import { createHash } from "node:crypto";
import { ConnectorError, type EntityCursor, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { EntityConfiguration } from "../options/entity-options.js";

/** Most fingerprints that a cursor keeps. Records beyond are given again, which does no harm. */
export const mostFingerprints = 500;

const fingerprint = z.string().max(40);
/** Epoch milliseconds that a `Date` can hold: a cursor comes back from elsewhere. */
const instant = z.number().min(-8.64e15).max(8.64e15);

const readStateSchema = z.strictObject({
  v: z.literal(1),
  /** Which list, read in which way: a cursor of another one means nothing. */
  list: z.string(),
  /** Epoch milliseconds of the last change that the read before had seen. */
  since: instant.optional(),
  /** Records of the overlap that were given already. */
  known: z.array(fingerprint).max(mostFingerprints).default([]),
  /** The read under way; missing when it has come to its end. */
  page: z
    .strictObject({
      at: z.union([z.string(), z.number()]),
      count: z.int().nonnegative(),
      /** When the read began. */
      startedAtMs: instant,
      newestMs: instant.optional(),
      fresh: z.array(z.tuple([fingerprint, instant])).max(mostFingerprints),
      /** Fingerprint of the page before: one that comes again is a list that goes in a circle. */
      before: z.string(),
      lastId: z.string().optional(),
      restarts: z.int().nonnegative(),
    })
    .optional(),
});

/** Where a read stands; what a cursor holds. */
export type ReadState = z.output<typeof readStateSchema>;

/** The page under way. */
export type PageState = NonNullable<ReadState["page"]>;

/**
 * The state that a stored cursor holds, or that of a first read.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` when it is of another version, another entity, or a list that is configured otherwise
 *   by now; `VALIDATION_FAILED` when it is none.
 */
export function parseCursor(entity: EntityConfiguration, cursor: EntityCursor | undefined): ReadState {
  const list = listOf(entity);
  if (cursor === undefined) return { v: 1, list, known: [] };
  const parsed = readStateSchema.safeParse(cursor, { reportInput: false });
  if (parsed.success && parsed.data.list === list) return parsed.data;
  if (parsed.success || cursor.v !== 1) {
    throw new ConnectorError(
      "CURSOR_EXPIRED",
      "The cursor belongs to another entity, to one that was configured otherwise, or to another version. Read from the beginning.",
    );
  }
  const message = "is none: read the entity from the beginning";
  throw new ValidationError(`The cursor ${message}.`, [{ path: "cursor", message }]);
}

/**
 * The state of a read that begins in the past.
 *
 * @param sinceMs - Epoch milliseconds.
 * @throws {ConnectorError} `UNSUPPORTED` where the list cannot be asked for changes.
 */
export function startAt(entity: EntityConfiguration, sinceMs: number): ReadState {
  if (entity.changes) return { v: 1, list: listOf(entity), since: sinceMs, known: [] };
  throw new ConnectorError(
    "UNSUPPORTED",
    `The list of ${entity.name} cannot be asked for changes since a time: its configuration has no \`changes\`.`,
  );
}

function listOf({ name, list, id, changes }: EntityConfiguration): string {
  return fingerprintOf([name, list, id, changes ?? null]);
}

/** What tells one JSON value from another: 128 bits of SHA-256, base64url. */
export function fingerprintOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest().subarray(0, 16).toString("base64url");
}
