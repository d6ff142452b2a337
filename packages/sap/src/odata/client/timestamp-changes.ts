import { ConnectorError, type EntityBatch, type EntityChange } from "@isthmus/core";
import { findEntitySet, keyNamesOf } from "../model-lookup.js";
import type { Filter } from "../query/filter.js";
import { unexpected } from "./answer.js";
import { idOf } from "./change-id.js";
import type { ChangeReading } from "./change-options.js";
import type { ODataRecord } from "./codec.js";
import type { KeyValue, TimestampCursor } from "./cursor.js";
import { pageCall, readEntities } from "./paging.js";
import { withQuery } from "./record-calls.js";
import { earlier, instantOf } from "./timestamps.js";

const defaultOverlapMs = 60_000;
const defaultPageSize = 1_000;

interface TimestampPage {
  readonly records: readonly ODataRecord[];
  /** Nothing of what was asked for is left. */
  readonly isLast: boolean;
}

/**
 * Changes by a timestamp, in its order and that of the key. A page begins at the last timestamp of the page before, not behind so
 * many records: so a record that is changed meanwhile moves no other one out of sight. Where one timestamp fills a page, the next
 * one begins behind its last key. Records may come twice.
 */
export async function* readByTimestamp(
  reading: ChangeReading,
  from: TimestampCursor,
): AsyncGenerator<EntityBatch, void, undefined> {
  let cursor = resume(from, reading.options.overlapMs ?? defaultOverlapMs);
  do {
    const page = await readPageOf(reading, cursor);
    const next = advance(cursor, page, keyNamesOf(reading.parts.model, reading.set));
    if (JSON.stringify(next) === JSON.stringify(cursor)) {
      throw new ConnectorError(
        "UNEXPECTED_RESPONSE",
        `SAP does not give ${reading.set} in the order of ${cursor.property}.`,
      );
    }
    cursor = next;
    yield { changes: page.records.map((record) => toChange(reading, record, cursor.property)), cursor };
  } while (cursor.at !== "end");
}

/** Where a read goes on: after its end a little before it, as an older stamp may have become visible since. */
function resume(cursor: TimestampCursor, overlapMs: number): TimestampCursor {
  if (cursor.at !== "end") return cursor;
  const { newest } = cursor;
  // Records without a timestamp say nothing of changes: they come with a first read only.
  if (newest === undefined) return { ...cursor, at: "start" };
  return { ...cursor, at: "from", stamp: earlier(newest, overlapMs) };
}

/** Where to go on after a page. */
function advance(
  cursor: TimestampCursor,
  { records, isLast }: TimestampPage,
  keys: readonly string[],
): TimestampCursor {
  const { v, set, by, property } = cursor;
  const stamps = records.map((record) => stampOf(record, property));
  const newest = stamps.findLast((stamp) => stamp !== null) ?? cursor.newest;
  // Whoever is asked without a condition gives them first, last, or in a page that is the only one: then they were seen.
  const nulls = cursor.nulls && !stamps.includes(null) && !(cursor.at === "start" && isLast);
  const base = { v, set, by, property, nulls, ...(newest !== undefined && { newest }) };
  const end = records.at(-1);
  const stamp = stamps.at(-1);
  if (isLast || end === undefined || stamp === undefined) {
    const isOver = cursor.at === "run" && cursor.stamp === null && cursor.nulls;
    if (cursor.at === "run" && !isOver) return { ...base, at: "behind", stamp: cursor.stamp };
    return nulls && !isOver ? { ...base, at: "run", stamp: null } : { ...base, nulls: false, at: "end" };
  }
  const isOneStamp = cursor.at === "run" || stamps[0] === stamp;
  if (stamp !== null && !isOneStamp) return { ...base, at: "from", stamp };
  const after = Object.fromEntries(keys.map((name) => [name, keyValueOf(end, name)]));
  // While the run of those without a timestamp lasts, they are still to be read.
  return { ...base, nulls: cursor.at === "run" ? cursor.nulls : nulls, at: "run", stamp, after };
}

async function readPageOf(
  { parts, exchange, set, options, call }: ChangeReading,
  cursor: TimestampCursor,
): Promise<TimestampPage> {
  const { type } = findEntitySet(parts.model, set);
  const keys = keyNamesOf(parts.model, set);
  const top = options.pageSize ?? defaultPageSize;
  const filter = conditionOf(cursor, keys);
  const orderBy = [...new Set([cursor.property, ...keys])].map((field) => ({ field }));
  const select = options.select && [...new Set([...options.select, ...keys, cursor.property])];
  const query = parts.codec.queryString(set, { top, orderBy, ...(filter && { filter }), ...(select && { select }) });
  const path = withQuery(set, query);
  const page = await exchange.run(
    pageCall(`${set}.changes`, path, {}, (answer) => readEntities(parts, type, path, answer)),
    call,
  );
  const records = page.entities.map(({ record }) => record);
  // The service may cut pages smaller than asked for; then it has a link, which counts records and so is not followed.
  return { records, isLast: page.next === undefined && records.length < top };
}

function conditionOf(cursor: TimestampCursor, keys: readonly string[]): Filter | undefined {
  const { property } = cursor;
  switch (cursor.at) {
    case "start":
    case "end":
      return undefined;
    case "from":
      return { field: property, ge: cursor.stamp };
    case "behind":
      return cursor.stamp === null ? { field: property, ne: null } : { field: property, gt: cursor.stamp };
    case "run": {
      const same: Filter = { field: property, eq: cursor.stamp };
      return cursor.after === undefined ? same : { and: [same, behindKey(keys, cursor.after)] };
    }
  }
}

/** Behind a key in the order of its properties: a > x, or a = x and b > y. */
function behindKey(keys: readonly string[], key: Readonly<Record<string, KeyValue>>): Filter {
  const cases = keys.map((field, index): Filter => {
    const same = keys.slice(0, index).map((before): Filter => ({ field: before, eq: key[before] ?? null }));
    const behind: Filter = { field, gt: key[field] ?? null };
    return same.length === 0 ? behind : { and: [...same, behind] };
  });
  const [only] = cases;
  return cases.length === 1 && only !== undefined ? only : { or: cases };
}

function keyValueOf(record: ODataRecord, name: string): KeyValue {
  const value = record[name];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw unexpected(`has a record without its key property ${name}`);
}

function stampOf(record: ODataRecord, property: string): string | null {
  const stamp = record[property];
  if (stamp === null || typeof stamp === "string") return stamp;
  throw unexpected(`has a record without its ${property}`);
}

function toChange(reading: ChangeReading, record: ODataRecord, property: string): EntityChange {
  const stamp = stampOf(record, property);
  const modifiedAtMs = stamp === null ? undefined : instantOf(stamp);
  return { id: idOf(reading, record), deleted: false, record, ...(modifiedAtMs !== undefined && { modifiedAtMs }) };
}
