import {
  ConnectorError,
  OutcomeUnknownError,
  readAnswer,
  type TransportResponse,
  ValidationError,
} from "@isthmus/core";
import { z } from "zod";
import { dataPathPattern } from "./names.js";

/** A record as Salesforce sends it: its fields under their own names, and `attributes` saying what it is. */
export interface SalesforceRecord {
  /** Its object and its path; missing in aggregate results. */
  readonly attributes?: { readonly type: string; readonly url?: string };
  readonly [field: string]: unknown;
}

/** Fields to write, by their API names. What is not named stays as it is. */
export type RecordInput = Readonly<Record<string, unknown>>;

/** What became of an upsert. */
export interface UpsertResult {
  /** Missing only where an API version below v46.0 tells nothing of an update. */
  readonly id?: string;
  /** Whether the record is new. A repetition after a lost answer finds the record that the first try made: `false`. */
  readonly created: boolean;
}

/** One page of a query's result. */
export interface QueryPage {
  /** How many records the whole query found. */
  readonly totalSize: number;
  /** Whether this is the last page. */
  readonly done: boolean;
  /** Where the next page is; missing on the last one. */
  readonly nextRecordsUrl?: string;
  /** At most 2,000. */
  readonly records: readonly SalesforceRecord[];
}

/** Everything that a query found. */
export interface QueryResult {
  /** How many records were found, or the count of a `COUNT()` query, which has no records. */
  readonly totalSize: number;
  /** All of them. */
  readonly records: readonly SalesforceRecord[];
}

const createdSchema = z.looseObject({ id: z.string(), success: z.literal(true) });
const upsertedSchema = z.looseObject({ id: z.string(), success: z.literal(true), created: z.boolean() });

/** @throws {OutcomeUnknownError} when there is no id in it: the status says that something was done. */
export function readCreated(response: TransportResponse, reconcile: string): { readonly id: string } {
  const { data } = createdSchema.safeParse(response.tryJson());
  if (data) return { id: data.id };
  const { status } = response;
  throw new OutcomeUnknownError(
    `Salesforce answered a create with status ${status}, but not with the record's id. Look the record up before sending it again.`,
    { reconcile, vendor: { status } },
  );
}

/** @throws {ValidationError} unless `value` looks like the `nextRecordsUrl` of a page. */
export function assertNextRecordsUrl(value: string): void {
  if (dataPathPattern.test(value)) return;
  throw new ValidationError("The address of a next page is the path that the page before gave.", [
    { path: "nextRecordsUrl", message: "must begin with /services/data/" },
  ]);
}

/**
 * A record as JSON.
 *
 * @throws {ValidationError} naming a field whose value JSON does not have. Some of them (NaN, an invalid date) it would
 *   write as `null`, which empties the field.
 */
export function writeRecord(record: RecordInput): string {
  return JSON.stringify(record, refuseUnwritable);
}

function refuseUnwritable(this: Readonly<Record<string, unknown>>, field: string, value: unknown): unknown {
  // `value` is what `toJSON` has made of it.
  const isInvalidDate = value === null && this[field] !== null;
  const isWritable = typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint" && !isInvalidDate;
  if (isWritable) return value;
  throw new ValidationError("The record holds a value that JSON cannot carry.", [
    { path: field, message: "must not be NaN, infinite, an invalid date or a bigint" },
  ]);
}

/** An empty 204 tells of an update only (API versions below v46.0). */
export function readUpserted(response: TransportResponse): UpsertResult {
  if (response.status === 204) return { created: false };
  const { id, created } = readAnswer(response, upsertedSchema, "the result of an upsert");
  return { id, created };
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is not an object. */
export function readRecord(response: TransportResponse): SalesforceRecord {
  const body = response.json();
  if (isRecord(body)) return body;
  throw unexpected(response, "a record");
}

/**
 * A page of records. Checked by hand: a schema would copy each of up to 2,000 records.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no page, or leads to another host.
 */
export function readPage(response: TransportResponse): QueryPage {
  const body = response.json();
  if (!isPage(body)) throw unexpected(response, "a page of records");
  return body;
}

/** Whether a value is a page of records, or a list of child records, that leads nowhere but to Salesforce. */
export function isPage(value: unknown): value is QueryPage {
  if (!isRecord(value)) return false;
  const { totalSize, done, nextRecordsUrl, records } = value;
  if (typeof totalSize !== "number" || typeof done !== "boolean" || !Array.isArray(records)) return false;
  if (!records.every(isRecord)) return false;
  return done || (typeof nextRecordsUrl === "string" && dataPathPattern.test(nextRecordsUrl));
}

/** Whether a value can be a record. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unexpected(response: TransportResponse, what: string): ConnectorError {
  const message = `Salesforce answered with something that is not ${what}.`;
  return new ConnectorError("UNEXPECTED_RESPONSE", message, { vendor: { status: response.status } });
}
