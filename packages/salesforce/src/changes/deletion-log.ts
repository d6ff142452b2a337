import { ConnectorError, isConnectorError } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceApi } from "../api.js";
import type { DeletionLog, Position } from "./change-feed.js";
import { readTimestamp } from "./timestamps.js";

const minuteMs = 60_000;

const answerSchema = z.looseObject({
  deletedRecords: z.array(z.looseObject({ id: z.string(), deletedDate: z.string() })),
  earliestDateAvailable: z.string().nullish(),
  latestDateCovered: z.string().nullish(),
});

/**
 * What was deleted of an object between two moments, from Salesforce's own log.
 *
 * It counts in whole minutes. More than 600,000 ids it does not give at once: the stretch is then halved until it does.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` when the log was purged, or does not reach back so far.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
 */
export async function readDeletionLog(
  api: SalesforceApi,
  sobject: string,
  fromMs: number,
  untilMs: number,
  signal: AbortSignal,
): Promise<DeletionLog> {
  const startMs = Math.floor(fromMs / minuteMs) * minuteMs;
  const endMs = Math.floor(untilMs / minuteMs) * minuteMs;
  // Salesforce wants more than a minute between them. What is missing here, the next read asks for again.
  if (endMs - startMs <= minuteMs) return { deletions: [], coveredUntilMs: startMs };
  const { deletions, coveredUntilMs } = await readBetween(api, sobject, startMs, endMs, signal);
  return { deletions: deletions.sort(compare), coveredUntilMs };
}

async function readBetween(
  api: SalesforceApi,
  sobject: string,
  startMs: number,
  endMs: number,
  signal: AbortSignal,
): Promise<{ readonly deletions: Position[]; readonly coveredUntilMs: number }> {
  const path = `${api.dataPath}/sobjects/${sobject}/deleted/?start=${toQuery(startMs)}&end=${toQuery(endMs)}`;
  try {
    const response = await api.send({ name: "changes.deleted", method: "GET", path, signal });
    const { success, data } = answerSchema.safeParse(response.json(), { reportInput: false });
    if (!success) throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's answer is no list of deletions.");
    const { deletedRecords, earliestDateAvailable, latestDateCovered } = data;
    if (earliestDateAvailable && readTimestamp(earliestDateAvailable, "earliestDateAvailable") > startMs) {
      throw expired();
    }
    return {
      deletions: deletedRecords.map(({ id, deletedDate }) => ({
        id,
        stampMs: readTimestamp(deletedDate, "deletedDate"),
      })),
      coveredUntilMs: latestDateCovered ? readTimestamp(latestDateCovered, "latestDateCovered") : endMs,
    };
  } catch (error) {
    const code = isConnectorError(error) ? error.vendor?.code : undefined;
    if (code === "INVALID_REPLICATION_DATE") throw expired(error);
    const middleMs = startMs + Math.floor((endMs - startMs) / (2 * minuteMs)) * minuteMs;
    if (code !== "EXCEEDED_ID_LIMIT" || middleMs - startMs <= minuteMs) throw error;
    const first = await readBetween(api, sobject, startMs, middleMs, signal);
    const second = await readBetween(api, sobject, middleMs, endMs, signal);
    return {
      deletions: [...first.deletions, ...second.deletions],
      coveredUntilMs: first.coveredUntilMs < middleMs ? first.coveredUntilMs : second.coveredUntilMs,
    };
  }
}

function compare(one: Position, other: Position): number {
  if (one.stampMs !== other.stampMs) return one.stampMs - other.stampMs;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}

function toQuery(milliseconds: number): string {
  return encodeURIComponent(new Date(milliseconds).toISOString().replace(".000Z", "+00:00"));
}

function expired(cause?: unknown): ConnectorError {
  return new ConnectorError(
    "CURSOR_EXPIRED",
    "Salesforce's log of deletions does not reach back to the last read: it was purged, or that is more than 15 days ago. Read everything again, without a cursor.",
    { cause },
  );
}
