import { ConnectorError, type EntityBatch, type EntityChange, type EntityCursor } from "@isthmus/core";
import { type CursorState, parseCursor, type Round, writeCursor } from "./change-cursor.js";
import type { ChangeFeed, ChangeRow, Position } from "./change-feed.js";
import { deletionOf, KnownVersions, versionOf } from "./known-versions.js";
import { assertAdvance, isBehind, lastOf } from "./position.js";

/** What deletions are told of, less an hour, so that a request on its way does not fall out of it. */
const deletionsToldMs = 15 * 86_400_000 - 3_600_000;
/** Ids whose state is asked for by one query: its address has to stay under 16,000 bytes. */
const idsPerQuery = 400;

/** How an object is read. */
export interface ReadSettings {
  readonly entity: string;
  /** Milliseconds that a transaction may take from the stamp of a record until others see it. */
  readonly lookbackMs: number;
}

/** A read under way. */
interface Reading {
  readonly feed: ChangeFeed;
  readonly entity: string;
  readonly fromMs: number | undefined;
  readonly untilMs: number;
  /** What has an older stamp will not change under a query of this read any more. */
  readonly settledMs: number;
  /** Given by the read before. */
  readonly known: KnownVersions;
  /** Given by this one, of the stretch that the next one reads again. */
  readonly given: KnownVersions;
  readonly signal: AbortSignal;
}

/**
 * Reads what was changed and deleted since the cursor; everything without one. The end of a read is Salesforce's own time when
 * it began; the next one begins `lookbackMs` before that, because a transaction's records show up only once it is committed,
 * with the stamps that they got before.
 *
 * At least once: no change is missed as long as no transaction takes longer than the lookback. What was given of the lookback's
 * stretch is remembered and left out, up to 2,000 versions; beyond that, and where a reader goes back to an older cursor, a
 * version is given again. Records come as they are when they are read, so giving one again takes nothing back.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` when Salesforce does not tell any more what was deleted since the cursor.
 */
export async function* readChanges(
  feed: ChangeFeed,
  { entity, lookbackMs }: ReadSettings,
  stored: EntityCursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<EntityBatch, void> {
  const state = parseCursor(entity, stored);
  const nowMs = await feed.now(signal);
  if (feed.tellsDeletions) assertDeletionsTold(state, nowMs);
  const round: Round = state.round ?? { untilMs: nowMs, known: new KnownVersions() };
  const reading: Reading = {
    feed,
    entity,
    fromMs: state.fromMs,
    untilMs: round.untilMs,
    settledMs: round.untilMs - lookbackMs,
    known: state.known,
    given: round.known,
    signal,
  };
  const rowsAfter = yield* readRows(reading, round);
  const coveredUntilMs = yield* readDeletions(reading, { ...round, rowsAfter });
  const nextMs = Math.max(0, Math.min(reading.settledMs, Math.max(coveredUntilMs, reading.fromMs ?? 0)));
  yield { changes: [], cursor: writeCursor(entity, { fromMs: nextMs, known: reading.given }) };
}

/** @returns where it came to its end. */
async function* readRows(reading: Reading, { rowsAfter }: Round): AsyncGenerator<EntityBatch, Position | undefined> {
  const { feed, fromMs, untilMs, settledMs, signal } = reading;
  if (fromMs !== undefined && fromMs >= untilMs) return rowsAfter;
  let after = rowsAfter;
  for (;;) {
    let page = await feed.rows({ fromMs, untilMs, after }, signal);
    assertAdvance(page, after);
    // Of the first page every row may be relied on. Until a further one is asked for, rows may get new stamps and stay in
    // their old place; the older ones cannot be such.
    after = lastOf(page.rows) ?? after;
    for (;;) {
      yield* giveRows(reading, page.rows, after);
      if (page.done) return after;
      const isSettled = (page.rows.at(-1)?.stampMs ?? untilMs) < settledMs;
      const following = page.next !== undefined && isSettled ? await feed.more(page.next, signal) : undefined;
      if (following === undefined) break;
      // Of an empty one, whose records are all gone meanwhile, the query is asked anew.
      if (following.rows.length > 0) assertAdvance(following, lastOf(page.rows));
      page = following;
      after = lastOf(page.rows.filter(({ stampMs }) => stampMs < settledMs)) ?? after;
    }
  }
}

async function* giveRows(
  reading: Reading,
  rows: readonly ChangeRow[],
  rowsAfter: Position | undefined,
): AsyncGenerator<EntityBatch, void> {
  const { entity, fromMs, untilMs, settledMs, known, given } = reading;
  const changes: EntityChange[] = [];
  for (const row of rows) {
    // In a first read of millions, none but the youngest have to be told apart.
    if (row.stampMs < settledMs && known.isEmpty && given.isEmpty) {
      changes.push(toChange(row));
      continue;
    }
    const version = versionOf(row);
    const isKnown = known.has(version) || given.has(version);
    if (row.stampMs >= settledMs) given.add(version);
    // In the first read nobody has what is deleted, unless it was given by this very read.
    if (!isKnown) changes.push(toChange(row));
  }
  if (changes.length === 0) return;
  yield { changes, cursor: writeCursor(entity, { fromMs, known, round: { untilMs, rowsAfter, known: given } }) };
}

/** What no query finds any more: the recycle bin was emptied, or passed by. @returns up to when the log is complete. */
async function* readDeletions(reading: Reading, round: Round): AsyncGenerator<EntityBatch, number> {
  const { feed, entity, fromMs, untilMs, settledMs, known, given, signal } = reading;
  if (fromMs === undefined || fromMs >= untilMs) return untilMs;
  const log = await feed.deletions(fromMs, untilMs, signal);
  if (log === undefined) return untilMs;
  const candidates: Position[] = [];
  for (const deletion of log.deletions) {
    const version = deletionOf(deletion);
    const isKnown = known.has(version) || given.has(version);
    if (isKnown && deletion.stampMs >= settledMs) given.add(version);
    if (!isKnown && isBehind(deletion, round.deletionsAfter)) candidates.push(deletion);
  }
  for (let at = 0; at < candidates.length; at += idsPerQuery) {
    const part = candidates.slice(at, at + idsPerQuery);
    const states = await feed.states([...new Set(part.map(({ id }) => id))], signal);
    const changes: EntityChange[] = [];
    for (const deletion of part) {
      const { id, stampMs } = deletion;
      const state = states.get(id);
      // It lives again; or it is in the recycle bin, where this read or the next one finds it as a row.
      if (state && (!state.deleted || state.stampMs >= fromMs)) continue;
      // Only what is given: the bin may be emptied before the row is found there.
      if (stampMs >= settledMs) given.add(deletionOf(deletion));
      changes.push({ id, deleted: true, modifiedAtMs: stampMs });
    }
    if (changes.length === 0) continue;
    const deletionsAfter = part.at(-1);
    yield {
      changes,
      cursor: writeCursor(entity, { fromMs, known, round: { ...round, deletionsAfter, known: given } }),
    };
  }
  return log.coveredUntilMs;
}

function toChange({ id, stampMs, deleted, mergedInto, record }: ChangeRow): EntityChange {
  return {
    id,
    deleted,
    modifiedAtMs: stampMs,
    ...(!deleted && { record }),
    ...(deleted && mergedInto !== undefined && { mergedInto }),
  };
}

function assertDeletionsTold({ fromMs, round }: CursorState, nowMs: number): void {
  const sinceMs = fromMs ?? round?.untilMs;
  if (sinceMs === undefined || nowMs - sinceMs <= deletionsToldMs) return;
  throw new ConnectorError(
    "CURSOR_EXPIRED",
    "The last read was more than 15 days ago, and Salesforce does not tell of deletions before that. Read everything again, without a cursor.",
  );
}
