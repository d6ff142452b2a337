import { ConnectorError, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { EntityName, EntityTraits } from "./entities/traits.js";

/** Fields by Intuit's names. Amounts are decimal strings; JSON numbers are taken as well. */
export type RecordInput = Readonly<Record<string, unknown>>;

/** A record as Intuit gives it, every field; amounts are decimal strings. */
export interface QuickbooksRecord {
  /** Id, unique among the records of its entity. Missing where there is but one, such as Preferences in a batch. */
  readonly Id: string;
  /** Counts the changes: an update has to name the one that it was made from. The built-in tax codes have none. */
  readonly SyncToken?: string | undefined;
  readonly [field: string]: unknown;
}

/** What is left of a deleted record. */
export interface DeletedRecord {
  readonly Id: string;
  readonly status: string;
}

const recordSchema = z.looseObject({ Id: z.string(), SyncToken: z.string().optional() });
const envelopeSchema = z.looseObject({});
const deletedSchema = z.looseObject({ Id: z.string(), status: z.string() });

/**
 * The record in an answer's envelope.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when there is none.
 */
export function unwrapRecord(body: unknown, entity: EntityName): QuickbooksRecord {
  return unwrap(body, entity, recordSchema);
}

/** What an answer says of a deletion. @throws {ConnectorError} `UNEXPECTED_RESPONSE` */
export function unwrapDeleted(body: unknown, entity: EntityName): DeletedRecord {
  return unwrap(body, entity, deletedSchema);
}

function unwrap<Schema extends z.ZodType>(body: unknown, entity: EntityName, schema: Schema): z.output<Schema> {
  const envelope = envelopeSchema.safeParse(body, { reportInput: false });
  const result = schema.safeParse(envelope.data?.[entity], { reportInput: false });
  if (result.success) return result.data;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `QuickBooks' answer holds no ${entity} with Id and SyncToken.`);
}

/** Digits; of tax codes also words such as `NON`. */
export const recordIdPattern = /^[A-Za-z0-9_-]{1,50}$/;

/** @throws {ValidationError} when it cannot be an id, and would lead elsewhere as a part of a path. */
export function assertRecordId(id: string): void {
  if (recordIdPattern.test(id)) return;
  throw new ValidationError("A record's Id is digits, such as 145.", [{ path: "id", message: "must be an Id" }]);
}

/** @throws {ConnectorError} `UNSUPPORTED` when QuickBooks offers no such thing for the entity. */
export function assertOffers(traits: EntityTraits, can: boolean, what: string): void {
  if (!can) throw new ConnectorError("UNSUPPORTED", `QuickBooks does not offer to ${what} ${traits.name} records.`);
}

/** Id and SyncToken of a record that is to be changed. @throws {ValidationError} naming what is missing. */
export function identityOf(
  record: RecordInput,
  needsToken: boolean,
): { readonly Id: string; readonly SyncToken?: string } {
  const { Id, SyncToken } = record;
  if (typeof Id !== "string") {
    throw new ValidationError("The record to be changed has no Id.", [{ path: "Id", message: "must be given" }]);
  }
  assertRecordId(Id);
  if (typeof SyncToken === "string") return { Id, SyncToken };
  if (!needsToken) return { Id };
  throw new ValidationError(
    "A full update needs the SyncToken of the record that it was made from: read it first, or ask for a sparse update.",
    [{ path: "SyncToken", message: "must be given" }],
  );
}
