import { ConnectorError, type EntityBatch, type EntityChange, type EntityCursor, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { ChangeRow } from "../changes/change-feed.js";
import { recordIdPattern } from "../names.js";
import { newEvents, type ReplayStart } from "./replay-position.js";
import type { StreamEvent } from "./stream-event.js";
import type { Streaming } from "./streaming.js";

/** What following an object by its events is made of. */
export interface EntityEventParts {
  readonly streaming: Streaming;
  /** Whole records by their ids, at most 200, the deleted ones too. */
  records(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ChangeRow>>;
}

const cursorSchema = z.strictObject({
  v: z.literal(1),
  entity: z.string(),
  events: z.union([z.strictObject({ replayId: z.int() }), z.strictObject({ sinceMs: z.int() })]),
});

const idsPerQuery = 200;

/**
 * An object's changes as Salesforce tells them (Change Data Capture), each with the whole record as it is when it is given: an
 * event of an update carries the changed fields only, and whoever took those for the record would empty the others.
 *
 * The first batch comes when the subscription stands, also without changes.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` when events were lost: after 72 hours, or when a transaction changed more than
 *   Salesforce tells.
 */
export async function* subscribeToEntity(
  { streaming, records }: EntityEventParts,
  entity: string,
  cursor: EntityCursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<EntityBatch, void> {
  for await (const { messages, start } of streaming.resume(channelOf(entity), parseCursor(entity, cursor), signal)) {
    const latest = latestById(messages.map(({ event }) => event));
    const changes: EntityChange[] = [];
    const ids = [...latest.keys()];
    for (let at = 0; at < ids.length; at += idsPerQuery) {
      const part = ids.slice(at, at + idsPerQuery);
      const living = part.filter((id) => latest.get(id)?.isDeletion === false);
      const found = living.length > 0 ? await records(living, signal) : new Map<string, ChangeRow>();
      changes.push(...part.map((id) => toChange(id, found.get(id), latest.get(id)?.atMs)));
    }
    yield { changes, cursor: { v: 1, entity, events: start } };
  }
}

/** `/data/AccountChangeEvent`; of an object that the organisation made `/data/Invoice__ChangeEvent`. */
export function channelOf(entity: string): string {
  return `/data/${entity.endsWith("__c") ? `${entity.slice(0, -1)}ChangeEvent` : `${entity}ChangeEvent`}`;
}

function parseCursor(entity: string, cursor: EntityCursor | undefined): ReplayStart {
  if (cursor === undefined) return { replayId: newEvents };
  const { success, data } = cursorSchema.safeParse(cursor, { reportInput: false });
  if (success && data.entity === entity) return data.events;
  const message = "is none of a subscription to this object that this version wrote";
  throw new ValidationError(`The cursor ${message}.`, [{ path: "cursor", message }]);
}

interface Latest {
  readonly isDeletion: boolean;
  readonly atMs: number | undefined;
}

/** What happened last to each record, in the order of these last events. */
function latestById(events: readonly StreamEvent[]): ReadonlyMap<string, Latest> {
  const latest = new Map<string, Latest>();
  for (const event of events) {
    if (event.kind === "overflow") throw overflowed();
    if (event.kind === "platform" || event.kind === "other") {
      throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce sent an event that is none of a change.");
    }
    for (const id of event.recordIds) {
      // A pattern such as 001* stands for all records of a kind.
      if (!recordIdPattern.test(id)) throw overflowed();
      latest.delete(id);
      latest.set(id, { isDeletion: event.changeType === "DELETE", atMs: event.commitTimestampMs });
    }
  }
  return latest;
}

function toChange(id: string, row: ChangeRow | undefined, atMs: number | undefined): EntityChange {
  if (row && !row.deleted) return { id, deleted: false, record: row.record, modifiedAtMs: row.stampMs };
  const modifiedAtMs = row?.stampMs ?? atMs;
  return { id, deleted: true, ...(modifiedAtMs !== undefined && { modifiedAtMs }) };
}

function overflowed(): ConnectorError {
  return new ConnectorError(
    "CURSOR_EXPIRED",
    "One transaction changed more records than Salesforce tells of one by one. Read what was changed (read), and subscribe anew, without a cursor.",
  );
}
