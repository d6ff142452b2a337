import { ConnectorError, type EntityBatch, type EntityChange, type EntityCursor, ValidationError } from "@isthmus/core";
import { findEntitySet, findType } from "../model-lookup.js";
import type { Query } from "../query/query.js";
import { idOf } from "./change-id.js";
import type { ChangeReading } from "./change-options.js";
import { type ChangeCursor, cursorVersion, readCursor, type TimestampCursor } from "./cursor.js";
import { readByDelta } from "./delta-changes.js";
import { followPages, pageCall, readEntities } from "./paging.js";
import { withQuery } from "./record-calls.js";
import { readByTimestamp } from "./timestamp-changes.js";

/**
 * The records of a set without a cursor; with one, what changed since. By delta links where the service tracks changes, else by a
 * timestamp, else everything each time. A record may come more than once, never less.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` when the service cannot tell any more what changed: read without a cursor.
 */
export function readChanges(
  reading: ChangeReading,
  cursor: EntityCursor | undefined,
): AsyncGenerator<EntityBatch, void, undefined> {
  const from = cursor === undefined ? startOf(reading) : readCursor(cursor, reading.set);
  switch (from.by) {
    case "delta":
      return readByDelta(reading, from.path);
    case "timestamp":
      return readByTimestamp(reading, from);
    case "full":
      return readFully(reading);
  }
}

function startOf({ parts: { model }, set, options }: Pick<ChangeReading, "parts" | "set" | "options">): ChangeCursor {
  const described = findEntitySet(model, set);
  const v = cursorVersion;
  if (options.tracksChanges ?? described.tracksChanges) return { v, set, by: "delta" };
  const { timestamp } = options;
  if (timestamp === undefined) return { v, set, by: "full" };
  const property = findType(model, described.type).properties.get(timestamp);
  if (property === undefined) {
    throw new ValidationError(`${set} has no property of this name.`, [
      { path: "timestamp", message: "One that holds when a record was last changed." },
    ]);
  }
  const nulls = options.withoutTimestamp ?? property.isNullable;
  return { v, set, by: "timestamp", property: timestamp, nulls, at: "start" };
}

/**
 * A cursor for a read by timestamp that begins in the past.
 *
 * @param sinceMs - Epoch milliseconds.
 * @throws {ConnectorError} `UNSUPPORTED` where the set is not read by a timestamp, or by one that is no time of OData's.
 */
export function startAt(reading: Pick<ChangeReading, "parts" | "set" | "options">, sinceMs: number): TimestampCursor {
  const start = startOf(reading);
  if (start.by === "timestamp") {
    const { model } = reading.parts;
    const { type } = findType(model, findEntitySet(model, reading.set).type).properties.get(start.property) ?? {};
    const stamp = stampOf(type, new Date(sinceMs).toISOString());
    if (stamp !== undefined) return { ...start, nulls: false, at: "from", stamp };
  }
  throw new ConnectorError(
    "UNSUPPORTED",
    `${reading.set} cannot be read from a time on: that takes a \`timestamp\` of type Edm.DateTimeOffset, Edm.DateTime or Edm.Date.`,
  );
}

function stampOf(type: string | undefined, time: string): string | undefined {
  if (type === "Edm.DateTimeOffset") return time;
  if (type === "Edm.DateTime") return time.slice(0, -1);
  return type === "Edm.Date" ? time.slice(0, 10) : undefined;
}

async function* readFully(reading: ChangeReading): AsyncGenerator<EntityBatch, void, undefined> {
  const { parts, exchange, set, options, call } = reading;
  const { type, name } = findEntitySet(parts.model, set);
  const at = (path: string) =>
    pageCall(`${name}.changes`, path, {}, (answer) => readEntities(parts, type, path, answer));
  const query: Query = { ...(options.select && { select: options.select }) };
  const first = at(withQuery(set, parts.codec.queryString(set, query)));
  const cursor = { v: cursorVersion, set, by: "full" };
  for await (const { entities } of followPages(exchange, first, at, call)) {
    const changes = entities.map(({ record }): EntityChange => ({ id: idOf(reading, record), deleted: false, record }));
    yield { changes, cursor };
  }
}
