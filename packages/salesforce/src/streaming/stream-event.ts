import { z } from "zod";

/** What a change was. */
export type ChangeType = "CREATE" | "UPDATE" | "DELETE" | "UNDELETE";

/** What the header of a change event says. */
export interface ChangeEventHeader {
  /** API name of the object. */
  readonly entityName: string;
  /** Ids of the records: several when one transaction made the same change to all of them. */
  readonly recordIds: readonly string[];
  /** Epoch milliseconds of the commit. */
  readonly commitTimestampMs?: number;
  /** The same for all events of a transaction. */
  readonly transactionKey?: string;
  /** The event's place in its transaction, from 1. */
  readonly sequenceNumber?: number;
  /** Everything that Salesforce says in the header. */
  readonly header: Readonly<Record<string, unknown>>;
}

/** Records were changed. */
export interface ChangeEvent extends ChangeEventHeader {
  readonly kind: "change";
  readonly changeType: ChangeType;
  /** Names of the fields that an update changed; `Address.City` for a part of a compound field. */
  readonly changedFields: readonly string[];
  /**
   * Values: every field that is not empty of a new record, but *only the changed ones* of an update, and none of a deletion.
   * Never take them for the whole record.
   */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Records were changed, and Salesforce does not tell how: read them. */
export interface GapEvent extends ChangeEventHeader {
  readonly kind: "gap";
  readonly changeType: ChangeType;
}

/** More was changed by one transaction than Salesforce tells: read everything that was changed since. */
export interface OverflowEvent extends ChangeEventHeader {
  readonly kind: "overflow";
}

/** A platform event. */
export interface PlatformEvent {
  readonly kind: "platform";
  /** Its fields, `CreatedDate` and `CreatedById` among them. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Salesforce's own id of the event. */
  readonly eventUuid?: string;
}

/** An event about changes in a form that this version does not know. */
export interface OtherEvent {
  readonly kind: "other";
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a channel tells. */
export type StreamEvent = ChangeEvent | GapEvent | OverflowEvent | PlatformEvent | OtherEvent;

/** An event and where it stands in its channel. */
export interface StreamMessage {
  /** Where to go on after it: kept for 72 hours. Opaque: not counted without gaps. */
  readonly replayId: number;
  readonly event: StreamEvent;
}

const dataSchema = z.looseObject({
  payload: z.looseObject({}),
  event: z.looseObject({ replayId: z.int(), EventUuid: z.string().optional() }),
});

const headerSchema = z.looseObject({
  entityName: z.string(),
  recordIds: z.array(z.string()),
  changeType: z.enum([
    "CREATE",
    "UPDATE",
    "DELETE",
    "UNDELETE",
    "GAP_CREATE",
    "GAP_UPDATE",
    "GAP_DELETE",
    "GAP_UNDELETE",
    "GAP_OVERFLOW",
  ]),
  changedFields: z.array(z.string()).default([]),
  commitTimestamp: z.number().optional(),
  transactionKey: z.string().optional(),
  sequenceNumber: z.number().optional(),
});

/** The `data` of a Bayeux message as an event; `undefined` when it has no replay id. */
export function readStreamEvent(data: unknown): StreamMessage | undefined {
  const message = dataSchema.safeParse(data, { reportInput: false }).data;
  if (message === undefined) return undefined;
  const { payload, event } = message;
  const { ChangeEventHeader, ...fields } = payload;
  if (ChangeEventHeader === undefined) {
    const { replayId, EventUuid: eventUuid } = event;
    return { replayId, event: { kind: "platform", payload, ...(eventUuid !== undefined && { eventUuid }) } };
  }
  const header = headerSchema.safeParse(ChangeEventHeader, { reportInput: false }).data;
  return { replayId: event.replayId, event: header ? toChange(header, fields) : { kind: "other", payload } };
}

/** Epoch milliseconds at which an event came about; `undefined` when it does not say. */
export function timeOf(event: StreamEvent): number | undefined {
  if (event.kind === "other") return undefined;
  if (event.kind !== "platform") return event.commitTimestampMs;
  const milliseconds = Date.parse(String(event.payload.CreatedDate));
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function toChange(header: z.output<typeof headerSchema>, fields: Readonly<Record<string, unknown>>): StreamEvent {
  const { entityName, recordIds, commitTimestamp, transactionKey, sequenceNumber, changedFields } = header;
  const told: ChangeEventHeader = {
    entityName,
    recordIds,
    ...(commitTimestamp !== undefined && { commitTimestampMs: commitTimestamp }),
    ...(transactionKey !== undefined && { transactionKey }),
    ...(sequenceNumber !== undefined && { sequenceNumber }),
    header,
  };
  switch (header.changeType) {
    case "GAP_OVERFLOW":
      return { kind: "overflow", ...told };
    case "GAP_CREATE":
      return { kind: "gap", changeType: "CREATE", ...told };
    case "GAP_UPDATE":
      return { kind: "gap", changeType: "UPDATE", ...told };
    case "GAP_DELETE":
      return { kind: "gap", changeType: "DELETE", ...told };
    case "GAP_UNDELETE":
      return { kind: "gap", changeType: "UNDELETE", ...told };
    default:
      return { kind: "change", changeType: header.changeType, ...told, changedFields, fields };
  }
}
