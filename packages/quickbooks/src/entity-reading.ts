import {
  type Clock,
  ConnectorError,
  type EntityBatch,
  type EntityChange,
  type EntityCursor,
  type Logger,
  validate,
} from "@isthmus/core";
import { z } from "zod";
import type { Api } from "./api.js";
import { type ChangedRecord, readChangesSince, toChangedRecord } from "./change-feed.js";
import { type EntityName, type EntityTraits, traitsOf } from "./entities/traits.js";
import type { QueryCalls } from "./query.js";
import { readByTime } from "./read-by-time.js";

const cursorSchema = z.strictObject({
  v: z.literal(1),
  /** All that was changed before is read. ISO 8601. */
  since: z.iso.datetime(),
  /** Present while everything is read for the first time: all that was created before is read. */
  createdFrom: z.iso.datetime({ offset: true }).optional(),
  /** Instead of it, where the read began in the past: all that was changed before is read. */
  changedFrom: z.iso.datetime({ offset: true }).optional(),
  /** Records of that very second that are read already. */
  passed: z.int().nonnegative().optional(),
});
type Cursor = z.output<typeof cursorSchema>;

/** How far back Intuit tells of changes. An hour less, so that a request on its way does not fall out of it. */
const windowMs = 30 * 86_400_000 - 3_600_000;
/** Changes show up a moment after their time: each read begins a little before the end of the last one. */
const overlapMs = 10_000;
const batchSize = 1_000;
/** Fractions of the time since the cursor that are tried until an answer is complete. */
const narrowings = 8;

/** What reading works with. */
export interface ReadingParts {
  readonly api: Api;
  readonly query: QueryCalls;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Reads the records of an entity: everything without a cursor, afterwards what was changed or deleted since.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` for a cursor of more than 30 days ago: what was deleted before is told by nobody,
 *   so everything has to be read again, without a cursor.
 */
export async function* readEntity(
  parts: ReadingParts,
  entity: string,
  stored: EntityCursor | undefined,
  signal: AbortSignal,
): AsyncIterable<EntityBatch> {
  const traits = traitsOf(entity);
  const cursor = stored === undefined ? undefined : validate(cursorSchema, stored, "cursor");
  const nowMs = parts.clock.now();
  const start = cursor ?? { v: 1, since: new Date(nowMs - overlapMs).toISOString(), createdFrom: beginning };
  if (traits.kind === "singleton") return yield* readSingleton(parts, traits, start, signal);
  if (start.createdFrom !== undefined) return yield* readAll(parts, traits, start, "createdFrom", signal);
  if (start.changedFrom !== undefined) return yield* readAll(parts, traits, start, "changedFrom", signal);
  if (nowMs - Date.parse(start.since) > windowMs) {
    throw new ConnectorError(
      "CURSOR_EXPIRED",
      "The last read was more than 30 days ago, and QuickBooks does not tell of deletions before that. Read everything again, without a cursor.",
    );
  }
  yield* readChanges(parts, traits.name, start, signal);
}

const beginning = "1970-01-01T00:00:00Z";

/**
 * A cursor for a read that begins in the past.
 *
 * @throws {ConnectorError} `NOT_FOUND` when there is no such entity.
 */
export function startAt({ clock }: Pick<ReadingParts, "clock">, entity: string, sinceMs: number): EntityCursor {
  traitsOf(entity);
  const since = new Date(clock.now() - overlapMs).toISOString();
  return { v: 1, since, changedFrom: new Date(sinceMs).toISOString() } satisfies Cursor;
}

const timeOf = { createdFrom: "CreateTime", changedFrom: "LastUpdatedTime" } as const;

/** By the time of their creation, which never changes; or by that of their change, and what is changed meanwhile comes again. */
async function* readAll(
  { query }: ReadingParts,
  traits: EntityTraits,
  cursor: Cursor,
  by: keyof typeof timeOf,
  signal: AbortSignal,
): AsyncIterable<EntityBatch> {
  const { since, passed = 0, [by]: from = beginning } = cursor;
  const pages = readByTime(query, traits.name, timeOf[by], { from, passed }, inactiveOf(traits), signal);
  for await (const { records, next } of pages) {
    const changes = records.map((record) => toChange(toChangedRecord(record)));
    yield { changes, cursor: { v: 1, since, ...(next && { [by]: next.from, passed: next.passed }) } };
  }
}

/** Lists leave out what is inactive unless they are asked for it. */
export function inactiveOf({ kind }: EntityTraits): string {
  return kind === "list" ? "and Active in (true, false)" : "";
}

async function* readChanges(
  parts: ReadingParts,
  entity: EntityName,
  { since }: Cursor,
  signal: AbortSignal,
): AsyncIterable<EntityBatch> {
  const sinceMs = Date.parse(since);
  const whole = await readChangesSince(parts.api, entity, sinceMs, signal);
  const cursor = { v: 1, since: new Date(whole.askedAtMs - overlapMs).toISOString() } as const;
  if (!whole.truncated) {
    yield { changes: whole.changes.map(toChange), cursor };
    return;
  }
  const changes = await readTruncated(parts, entity, sinceMs, whole.askedAtMs, whole.changes, signal);
  for (let at = 0; at < changes.length; at += batchSize) {
    const isLast = at + batchSize >= changes.length;
    // Up to the last batch nothing may be skipped: until then a reader that stops begins where it did.
    yield { changes: changes.slice(at, at + batchSize).map(toChange), cursor: isLast ? cursor : { v: 1, since } };
  }
}

/**
 * More was changed than one answer holds. The stretch is made shorter from its old end until an answer is complete; what was
 * changed before that is read by query, and what was deleted before it is known as far as the cut answers name it.
 */
async function readTruncated(
  { api, query, logger }: ReadingParts,
  entity: EntityName,
  sinceMs: number,
  untilMs: number,
  first: readonly ChangedRecord[],
  signal: AbortSignal,
): Promise<readonly ChangedRecord[]> {
  const found = new Map(first.map((change) => [change.Id, change]));
  let fromMs = sinceMs;
  for (let round = 0; round < narrowings; round += 1) {
    fromMs = Math.floor((fromMs + untilMs) / 2);
    const { changes, truncated } = await readChangesSince(api, entity, fromMs, signal);
    for (const change of changes) found.set(change.Id, change);
    if (!truncated) break;
  }
  logger.warn(
    { entity, since: new Date(sinceMs).toISOString(), completeFrom: new Date(fromMs).toISOString() },
    "More changes than QuickBooks tells at once: what was deleted in the older part may be missing. Read more often.",
  );
  const start = { from: new Date(sinceMs).toISOString(), passed: 0 };
  for await (const { records } of readByTime(query, entity, "LastUpdatedTime", start, "", signal)) {
    for (const record of records) found.set(toChangedRecord(record).Id, toChangedRecord(record));
  }
  return [...found.values()].sort((one, other) => one.modifiedAtMs - other.modifiedAtMs);
}

async function* readSingleton(
  { query }: ReadingParts,
  { name }: EntityTraits,
  { since }: Cursor,
  signal: AbortSignal,
): AsyncIterable<EntityBatch> {
  const { records } = await query.page(`select * from ${name}`, 1, 1, signal);
  yield { changes: records.map((record) => toChange(toChangedRecord(record))), cursor: { v: 1, since } };
}

function toChange({ Id, status, modifiedAtMs, record }: ChangedRecord): EntityChange {
  const deleted = status === "Deleted";
  return { id: Id, deleted, modifiedAtMs, ...(!deleted && { record }) };
}
