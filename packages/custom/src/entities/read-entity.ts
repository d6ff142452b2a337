import { ConnectorError, codeOf, type EntityBatch, type EntityCursor, type ResponseHeaders } from "@isthmus/core";
import type { EntityConfiguration } from "../options/entity-options.js";
import { fetchPage } from "./fetch-page.js";
import { findNextPosition, type PagePosition } from "./paging.js";
import type { ReadContext } from "./read-context.js";
import { fingerprintOf, mostFingerprints, type PageState, parseCursor, type ReadState } from "./read-cursor.js";
import { type ReadRecord, toChange, toReadRecord } from "./read-record.js";

/** How often a list that moves under the reader is begun anew. */
const mostRestarts = 5;

/** How an API says that it does not know a position any more. */
const forgotten: ReadonlySet<unknown> = new Set(["NOT_FOUND", "VENDOR_REJECTED"]);

/**
 * The records that changed since a cursor; all of them without one, or where the entity has no changes. One batch for each
 * page; the next page is asked for when the batch is used up.
 *
 * Nothing is lost: a read goes back a little before the last change that the one before saw, because several records may
 * share that moment, and leaves out what it gave already. A record may be given twice, never not at all.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the list goes in a circle, never ends, or moves at each reading.
 */
export async function* readEntity(
  context: ReadContext,
  cursor: EntityCursor | undefined,
): AsyncGenerator<EntityBatch, void> {
  const visited = new Set<string>();
  let { batch, next } = await goOn(context, parseCursor(context.entity, cursor), visited);
  yield batch;
  while (next.page !== undefined) {
    ({ batch, next } = await readPage(context, next, visited));
    yield batch;
  }
}

/**
 * The first page from where a stored cursor stands. APIs forget their pages after a while; then the read that was under way
 * is begun anew, which repeats what it gave and loses nothing.
 */
async function goOn(context: ReadContext, state: ReadState, visited: Set<string>) {
  try {
    return await readPage(context, state, visited);
  } catch (error) {
    const isForgotten = state.page !== undefined && forgotten.has(codeOf(error));
    if (!isForgotten) throw error;
    const { page: _, ...fromStart } = state;
    return readPage(context, fromStart, visited);
  }
}

async function readPage(context: ReadContext, state: ReadState, visited: Set<string>) {
  const { entity, clock, connector } = context;
  const { paging } = entity.list;
  const beganAtMs = clock.now();
  const position = state.page?.at;
  const answer = await fetchPage(context, state);
  const page = state.page ?? beginRead(beganAtMs, clock.now(), answer.headers.date);
  const all = answer.records.map((record) => toReadRecord(entity, record));

  const overlaps = paging.kind === "offset" && page.lastId !== undefined;
  if (overlaps && all[0]?.id !== page.lastId) return restart(state, page, visited, entity);
  const records = overlaps ? all.slice(1) : all;

  const fingerprint = fingerprintOf(answer.records);
  // A first page that comes again for each number is what an API does that does not know the parameter.
  if (paging.kind === "page" && records.length > 0 && fingerprint === page.before)
    throw circle(entity, "a page came twice");
  const count = records.length;
  const at = findNextPosition(paging, position, { ...answer, count }, connector.keyParameter);
  if (at !== undefined) assertNew(at, visited, entity);
  if (at !== undefined && page.count + 1 >= entity.list.maxPages) {
    throw circle(entity, `it has more than ${entity.list.maxPages} pages (maxPages)`);
  }

  const lastId = records.at(-1)?.id ?? page.lastId;
  const passed: PageState = {
    ...noteRecords(page, records),
    at: at ?? 0,
    count: page.count + 1,
    before: fingerprint,
    ...(lastId !== undefined && { lastId }),
  };
  const next = at === undefined ? finish(state, passed, entity) : { ...state, page: passed };
  const known = new Set(state.known);
  const changes = records.filter((record) => !known.has(record.fingerprint)).map(toChange);
  return { batch: { changes, cursor: next satisfies EntityCursor }, next };
}

/**
 * The state at a read's first page. What changes from now on may be passed by already when it changes, so the next read has
 * to begin here at the latest: by the API's own clock where it tells the time, because ours may be ahead of it.
 */
function beginRead(beganAtMs: number, endedAtMs: number, date: ResponseHeaders[string]): PageState {
  const theirs = Date.parse(String(date)) - (endedAtMs - beganAtMs);
  const startedAtMs = Number.isNaN(theirs) ? beganAtMs : Math.min(beganAtMs, theirs);
  return { at: 0, count: 0, startedAtMs, fresh: [], before: "", restarts: 0 };
}

/** What has been seen of this read: its newest change, and the records that the next one may meet again. */
function noteRecords(page: PageState, records: readonly ReadRecord[]): PageState {
  const times = records.flatMap(({ modifiedAtMs }) => (modifiedAtMs === undefined ? [] : [modifiedAtMs]));
  const newestMs = times.reduce<number | undefined>((newest, time) => Math.max(newest ?? time, time), page.newestMs);
  if (newestMs === undefined) return page;
  const seen = records.flatMap(({ fingerprint, modifiedAtMs }): [string, number][] =>
    modifiedAtMs === undefined ? [] : [[fingerprint, modifiedAtMs]],
  );
  // The newest count: they are what the next read's overlap will hold.
  const fresh = [...page.fresh, ...seen].toSorted(([, left], [, right]) => right - left).slice(0, mostFingerprints);
  return { ...page, newestMs, fresh };
}

/** The state after the last page: where the next read begins, and what of it is known already. */
function finish(state: ReadState, page: PageState, { changes }: EntityConfiguration): ReadState {
  const { v, list } = state;
  if (changes === undefined) return { v, list, known: [] };
  const newest = Math.max(page.newestMs ?? Number.NEGATIVE_INFINITY, state.since ?? Number.NEGATIVE_INFINITY);
  if (newest === Number.NEGATIVE_INFINITY) return { v, list, known: [] };
  // Neither a record dated in the future, nor one that changed after its list was read, may hide what changed meanwhile.
  const since = Math.min(newest, Math.max(page.startedAtMs, state.since ?? page.startedAtMs));
  const known = page.fresh.filter(([, time]) => time >= since - changes.overlapMs).map(([each]) => each);
  return { v, list, since, known };
}

/** Begins the list anew: between two pages a record went away, so another one may have slipped through. */
function restart(state: ReadState, page: PageState, visited: Set<string>, entity: EntityConfiguration) {
  if (page.restarts >= mostRestarts) {
    throw new ConnectorError(
      "UNEXPECTED_RESPONSE",
      `The list of ${entity.name} moved at each reading, or its order is not stable. Sort it by the time of change or by id.`,
      { retryable: true },
    );
  }
  visited.clear();
  const again: ReadState = { ...state, page: { ...page, at: 0, count: 0, restarts: page.restarts + 1 } };
  const { lastId: _, ...fromStart } = again.page ?? page;
  const next: ReadState = { ...again, page: fromStart };
  return { batch: { changes: [], cursor: next satisfies EntityCursor }, next };
}

function assertNew(at: PagePosition, visited: Set<string>, entity: EntityConfiguration): void {
  const mark = fingerprintOf(at);
  if (visited.has(mark)) throw circle(entity, "a page leads back to one that was read");
  visited.add(mark);
}

function circle(entity: EntityConfiguration, why: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `The list of ${entity.name} has no end: ${why}.`);
}
