import { parseDateTime, toSalesforceDateTime } from "../data/time.js";
import { SalesforceError } from "../errors.js";
import { objectOf } from "../record-routes.js";
import type { RestCall } from "../rest/rest-call.js";
import type { RestTable } from "../rest/rest-table.js";
import type { ObjectDefinition, Row } from "../schema/definitions.js";
import type { SalesforceState } from "../state.js";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A question may reach back so far. */
const oldestStartMs = 30 * dayMs;
/** Deleted records are remembered so long. */
const recycleBinMs = 15 * dayMs;

/**
 * Adds which records of an object were deleted, and which were made or changed, within a span of time.
 *
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-getdeleted.html
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-getupdated.html
 */
export function addReplicationRoutes(table: RestTable, state: SalesforceState): void {
  table.add("GET", "/sobjects/:object/deleted", (call) => {
    const { object, start, end } = readSpan(call, state);
    const earliest = floorToMinute(state.clock() - recycleBinMs);
    const from = Math.max(start, earliest);
    const inBin = rowsBetween(state, object, from, end).filter((row) => row.IsDeleted === true);
    const gone = state.store.purged(object).filter(({ deletedAt }) => isBetween(deletedAt, from, end));
    const deletedRecords = [
      ...inBin.map((row) => ({ deletedDate: row.SystemModstamp, id: row.Id })),
      ...gone.map(({ id, deletedAt }) => ({ deletedDate: deletedAt, id })),
    ];
    const body = {
      deletedRecords,
      earliestDateAvailable: toSalesforceDateTime(earliest),
      latestDateCovered: latestDateCovered(state, end),
    };
    return { status: 200, body };
  });
  table.add("GET", "/sobjects/:object/updated", (call) => {
    const { object, start, end } = readSpan(call, state);
    const updated = rowsBetween(state, object, start, end).filter((row) => row.IsDeleted !== true);
    const body = { ids: updated.map((row) => row.Id), latestDateCovered: latestDateCovered(state, end) };
    return { status: 200, body };
  });
}

function readSpan(call: RestCall, state: SalesforceState): { object: ObjectDefinition; start: number; end: number } {
  const object = objectOf(call.params.object);
  const start = readInstant(call, "start");
  const end = readInstant(call, "end");
  if (end - start < minuteMs) {
    const message = "The endDate must be at least one minute greater than the startDate";
    throw new SalesforceError(400, "INVALID_REPLICATION_DATE", message);
  }
  if (start < floorToMinute(state.clock() - oldestStartMs)) {
    const message = "startDate cannot be more than 30 days ago";
    throw new SalesforceError(400, "INVALID_REPLICATION_DATE", message);
  }
  return { object, start, end };
}

/** The seconds of what is asked are ignored. */
function readInstant(call: RestCall, name: string): number {
  const text = call.query[name];
  if (text === undefined) throw new SalesforceError(400, "MISSING_ARGUMENT", `${name} parameter is required`);
  // A plus sign that was not encoded arrives as a space.
  const instant = parseDateTime(text.replace(" ", "+"));
  if (instant !== undefined) return floorToMinute(instant);
  throw new SalesforceError(400, "INVALID_REPLICATION_DATE", `${name} is not a date and time: ${text}`);
}

function rowsBetween(state: SalesforceState, object: ObjectDefinition, start: number, end: number): Row[] {
  return [...state.store.all(object)].filter((row) => isBetween(String(row.SystemModstamp), start, end));
}

function isBetween(text: string, start: number, end: number): boolean {
  const at = parseDateTime(text) ?? 0;
  return at >= start && at < end;
}

function latestDateCovered(state: SalesforceState, end: number): string {
  return toSalesforceDateTime(Math.min(end, floorToMinute(state.clock())));
}

function floorToMinute(milliseconds: number): number {
  return Math.floor(milliseconds / minuteMs) * minuteMs;
}
