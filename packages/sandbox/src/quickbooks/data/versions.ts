import { type Fields, objectIn } from "./json.js";
import type { JsonObject, QuickbooksRecord } from "./records.js";
import { toRecordTime } from "./time.js";

/** The fields by which the next version of a record differs from the one before, whatever else changes. */
export function nextVersion(before: QuickbooksRecord, now: number): Fields {
  return {
    domain: "QBO",
    sparse: false,
    Id: before.Id,
    SyncToken: String(Number(before.SyncToken) + 1),
    MetaData: { ...objectIn(before, "MetaData"), LastUpdatedTime: toRecordTime(now) },
  };
}

/** Fields as a record. @throws {Error} when they lack what every record has, which would be a mistake of the sandbox. */
export function asRecord(fields: JsonObject): QuickbooksRecord {
  const { Id, SyncToken } = fields;
  if (typeof Id !== "string" || typeof SyncToken !== "string") throw new Error("A record needs Id and SyncToken.");
  return { ...fields, Id, SyncToken };
}
