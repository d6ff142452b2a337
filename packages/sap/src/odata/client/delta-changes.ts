import { ConnectorError, codeOf, type EntityBatch, type EntityChange, isConnectorError } from "@isthmus/core";
import { isObject } from "../../wire-values.js";
import { findEntitySet, findType } from "../model-lookup.js";
import { type ODataAnswer, readControl, readPage, unexpected } from "./answer.js";
import { idOf } from "./change-id.js";
import type { ChangeReading } from "./change-options.js";
import type { ODataRecord } from "./codec.js";
import { cursorVersion } from "./cursor.js";
import { followPages, pageCall, resolveLink } from "./paging.js";
import { withQuery } from "./record-calls.js";

interface DeltaPage {
  readonly changes: readonly EntityChange[];
  readonly next?: string;
  readonly delta?: string;
}

/**
 * Changes by delta links: `@odata.deltaLink` of v4, `__delta` with its `!deltatoken` of v2.
 *
 * @param from - Where to go on. Missing: from the first record.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_RequestingChanges
 */
export async function* readByDelta(
  reading: ChangeReading,
  from: string | undefined,
): AsyncGenerator<EntityBatch, void, undefined> {
  const { parts, exchange, set, options, call } = reading;
  const query = parts.codec.queryString(set, { ...(options.select && { select: options.select }) });
  const first = from === undefined ? withQuery(set, query) : resolveLink(parts, from, "");
  // The link of the changes holds what was asked for at first; asking for tracking again is of no use.
  const headers: Readonly<Record<string, string>> = from === undefined ? { prefer: "odata.track-changes" } : {};
  const at = (path: string) =>
    pageCall(`${set}.changes`, path, path === first ? headers : {}, (answer) => readDelta(reading, path, answer));
  const pages = followPages(exchange, at(first), at, call);
  for (;;) {
    const result = await nextPage(pages, from !== undefined);
    if (result.done) return;
    const { changes, next, delta } = result.value;
    const path = next ?? delta;
    // A service that tracks nothing after all gives no link: then the next read is a full one.
    const cursor =
      path === undefined ? { v: cursorVersion, set, by: "full" } : { v: cursorVersion, set, by: "delta", path };
    yield { changes, cursor };
  }
}

async function nextPage(pages: AsyncGenerator<DeltaPage, void, undefined>, isResumed: boolean) {
  try {
    return await pages.next();
  } catch (error) {
    // 410, and 404 of services that forget their tokens. The set itself is there: its link came from it.
    if (!isResumed || codeOf(error) !== "NOT_FOUND") throw error;
    throw new ConnectorError(
      "CURSOR_EXPIRED",
      "SAP does not know any more what changed since. Read everything again.",
      {
        cause: error,
        ...(isConnectorError(error) && error.vendor && { vendor: error.vendor }),
      },
    );
  }
}

function readDelta(reading: ChangeReading, path: string, answer: ODataAnswer): DeltaPage {
  const { parts } = reading;
  const { rows, next, delta, context } = readPage(answer, parts.model.version);
  return {
    changes: rows.map((row) => toChange(reading, row)).filter((change) => change !== undefined),
    ...(next !== undefined && { next: resolveLink(parts, next, path, context) }),
    ...(delta !== undefined && { delta: resolveLink(parts, delta, path, context) }),
  };
}

function toChange(reading: ChangeReading, row: ODataRecord): EntityChange | undefined {
  const { parts, set } = reading;
  const { type } = findEntitySet(parts.model, set);
  const context = readControl(row, "context");
  // Of v4: links between records came or went. The records themselves did not change.
  if (typeof context === "string" && /\/\$(deleted)?link$/i.test(context)) return undefined;
  const isDeletedEntity = typeof context === "string" && /\/\$deletedentity$/i.test(context);
  if (isDeletedEntity || isObject(readControl(row, "removed"))) return { id: idOfRemoved(reading, row), deleted: true };
  const { record } = parts.codec.toRecord(type, row);
  const id = idOf(reading, record);
  // Operational data provisioning: D is the image of a deleted record.
  if (record.ODQ_CHANGEMODE === "D") return { id, deleted: true };
  return { id, deleted: false, record };
}

/** By its key properties where they are there, else by its address: `id` in 4.0, `@id` since 4.01. */
function idOfRemoved(reading: ChangeReading, row: ODataRecord): string {
  const { parts, set } = reading;
  const { type } = findEntitySet(parts.model, set);
  const { keys } = findType(parts.model, type);
  if (keys.every((name) => row[name] !== undefined)) return idOf(reading, parts.codec.toRecord(type, row).record);
  const address = readControl(row, "id") ?? row.id;
  const predicate = typeof address === "string" ? /\(([^/]*)\)$/.exec(address)?.[1] : undefined;
  if (predicate === undefined) throw unexpected("tells of a deletion without saying of what");
  const [only] = keys;
  const isNamed = keys.length === 1 && only !== undefined && predicate.startsWith(`${only}=`);
  try {
    return decodeURIComponent(isNamed ? predicate.slice(only.length + 1) : predicate);
  } catch {
    throw unexpected("tells of a deletion by an address that is none");
  }
}
