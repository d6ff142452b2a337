import { ConnectorError, readAnswer, type TransportResponse } from "@isthmus/core";
import { z } from "zod";

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
const upsertedSchema = z.looseObject({ id: z.string(), created: z.boolean() });

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when there is no id in it. */
export function readCreated(response: TransportResponse): { readonly id: string } {
  const { id } = readAnswer(response, createdSchema, "the result of a create");
  return { id };
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
  if (isObject(body)) return body;
  throw unexpected(response, "a record");
}

/**
 * A page of records. Checked by hand: a schema would copy each of up to 2,000 records.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no page, or leads to another host.
 */
export function readPage(response: TransportResponse): QueryPage {
  const body = response.json();
  if (!isObject(body) || !isPage(body)) throw unexpected(response, "a page of records");
  return body;
}

function isPage(body: Readonly<Record<string, unknown>>): body is Readonly<Record<string, unknown>> & QueryPage {
  const { totalSize, done, nextRecordsUrl, records } = body;
  if (typeof totalSize !== "number" || typeof done !== "boolean" || !Array.isArray(records)) return false;
  if (!records.every(isObject)) return false;
  // It is followed as it is, so it must be a path: a whole address could lead the token elsewhere.
  return done || (typeof nextRecordsUrl === "string" && /^\/services\/data\/[^\s]+$/.test(nextRecordsUrl));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unexpected(response: TransportResponse, what: string): ConnectorError {
  const message = `Salesforce answered with something that is not ${what}.`;
  return new ConnectorError("UNEXPECTED_RESPONSE", message, { vendor: { status: response.status } });
}
