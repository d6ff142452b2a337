import { ConnectorError } from "@isthmus/core";
import type { ChangeRow, Position, RowPage } from "./change-feed.js";

/**
 * Proves that a page leads further than `after`: one that does not would come again forever.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for one that does not, and is not the last one.
 */
export function assertAdvance({ rows, done }: RowPage, after: Position | undefined): void {
  const last = lastOf(rows);
  if (done || (last !== undefined && (after === undefined || isAhead(last, after)))) return;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's page of changes leads no further than the one before.");
}

/** Ids that share a moment are in Salesforce's own order. */
function isAhead(last: Position, after: Position): boolean {
  return last.stampMs > after.stampMs || (last.stampMs === after.stampMs && last.id !== after.id);
}

/** Where a page ends; `undefined` for an empty one. */
export function lastOf(rows: readonly ChangeRow[]): Position | undefined {
  const last = rows.at(-1);
  return last && { stampMs: last.stampMs, id: last.id };
}

/** Whether a deletion is still to be told: it comes after what is read already. */
export function isBehind({ stampMs, id }: Position, after: Position | undefined): boolean {
  return after === undefined || stampMs > after.stampMs || (stampMs === after.stampMs && id > after.id);
}
