import { ValidationError } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "../api.js";
import { inOrder } from "../in-order.js";
import { assertFieldName, assertSobjectName } from "../names.js";
import type { RecordInput, SalesforceRecord } from "../records.js";
import type { RecordResult } from "./results.js";
import { readPart, retrieveSize, toIdRow } from "./retrieve.js";
import { type CollectionOptions, CollectionRun } from "./run.js";
import { splitByLimits } from "./split.js";
import {
  createCall,
  createRow,
  deleteCall,
  deleteRow,
  type Row,
  updateCall,
  updateRow,
  upsertCall,
  upsertRow,
  type WriteCall,
} from "./write-call.js";

/**
 * Any number of records, 200 to a request, with a result for each in the order of the input. What cannot be sent, is
 * refused, or whose answer was lost says so at its place, and nothing is thrown: the others stand.
 *
 * An array is written at once. An async iterable is written while the results are read, a request ahead of the reader at
 * most: nothing is sent until somebody reads, and a failure that every further request would meet (a quota, a revoked
 * grant) is thrown after the results of what was sent. With an array, the records that were not sent say that failure.
 *
 * A record of another object than the call names has it in `attributes.type`. Records that Salesforce refuses because
 * they are locked (`UNABLE_TO_LOCK_ROW`) are sent up to four times more, with pauses.
 */
export class Collections {
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
  }

  /**
   * Creates records. Where an answer is lost, its records say `OUTCOME_UNKNOWN`: Salesforce has no key against doubles.
   * What failed before anything was sent is sent again.
   */
  create(sobject: string, records: readonly RecordInput[], options?: CollectionOptions): Promise<RecordResult[]>;
  create(
    sobject: string,
    records: AsyncIterable<RecordInput>,
    options?: CollectionOptions,
  ): AsyncIterable<RecordResult>;
  create(sobject: string, records: Many<RecordInput>, options: CollectionOptions = {}): Results {
    return this.#write(records, (record) => createRow(sobject, record), createCall, options);
  }

  /** Changes the fields that each record names, besides its `Id`. A lost answer is followed by a repetition. */
  update(sobject: string, records: readonly RecordInput[], options?: CollectionOptions): Promise<RecordResult[]>;
  update(
    sobject: string,
    records: AsyncIterable<RecordInput>,
    options?: CollectionOptions,
  ): AsyncIterable<RecordResult>;
  update(sobject: string, records: Many<RecordInput>, options: CollectionOptions = {}): Results {
    return this.#write(records, (record) => updateRow(sobject, record), updateCall, options);
  }

  /**
   * Updates the records with these external ids, or creates them. A lost answer is followed by a repetition, which finds
   * what the first try made: `created` is then false.
   *
   * @param records - Of this object, each with its external id.
   */
  upsert(
    sobject: string,
    externalIdField: string,
    records: readonly RecordInput[],
    options?: CollectionOptions,
  ): Promise<RecordResult[]>;
  upsert(
    sobject: string,
    externalIdField: string,
    records: AsyncIterable<RecordInput>,
    options?: CollectionOptions,
  ): AsyncIterable<RecordResult>;
  upsert(
    sobject: string,
    externalIdField: string,
    records: Many<RecordInput>,
    options: CollectionOptions = {},
  ): Results {
    const toRow = (record: RecordInput) => upsertRow(sobject, externalIdField, record);
    return this.#write(records, toRow, upsertCall(sobject, externalIdField), options);
  }

  /** Moves records to the recycle bin. One that is there already counts as deleted. */
  delete(ids: readonly string[], options?: CollectionOptions): Promise<RecordResult[]>;
  delete(ids: AsyncIterable<string>, options?: CollectionOptions): AsyncIterable<RecordResult>;
  delete(ids: Many<string>, options: CollectionOptions = {}): Results {
    return this.#write(ids, deleteRow, deleteCall, options);
  }

  /**
   * Reads records of one object, 2,000 to a request.
   *
   * @param fields - Names of the fields to read; at least one.
   * @returns In the order of the ids; `null` for one that is not there, or that the user may not see.
   */
  retrieve(
    sobject: string,
    ids: readonly string[],
    fields: readonly string[],
    options?: CallOptions,
  ): Promise<(SalesforceRecord | null)[]>;
  retrieve(
    sobject: string,
    ids: AsyncIterable<string>,
    fields: readonly string[],
    options?: CallOptions,
  ): AsyncIterable<SalesforceRecord | null>;
  retrieve(
    sobject: string,
    ids: Many<string>,
    fields: readonly string[],
    options: CallOptions = {},
  ): Promise<(SalesforceRecord | null)[]> | AsyncIterable<SalesforceRecord | null> {
    assertSobjectName(sobject);
    for (const field of fields) assertFieldName(field);
    if (fields.length === 0)
      throw new ValidationError("Name at least one field to read.", [{ path: "fields", message: "must not be empty" }]);
    const parts = splitByLimits(map(ids, toIdRow), retrieveSize);
    const records = inOrder(parts, 1, (part) => readPart(this.#api, sobject, part, fields, options));
    return Symbol.asyncIterator in ids ? flatten(records) : Array.fromAsync(flatten(records));
  }

  #write<Item>(items: Many<Item>, toRow: (item: Item) => Row, call: WriteCall, options: CollectionOptions): Results {
    const run = new CollectionRun(this.#api, call, options);
    return Symbol.asyncIterator in items ? run.results(map(items, toRow)) : writeAll(run, items.map(toRow));
  }
}

/** All at hand, or as they come. */
type Many<Item> = readonly Item[] | AsyncIterable<Item>;
type Results = Promise<RecordResult[]> | AsyncIterable<RecordResult>;

async function writeAll(run: CollectionRun, rows: readonly Row[]): Promise<RecordResult[]> {
  const results: RecordResult[] = [];
  try {
    for await (const result of run.results(rows)) results.push(result);
  } catch (error) {
    const { stopped } = run;
    if (stopped === undefined || error !== stopped) throw error;
    for (const { id } of rows.slice(results.length)) results.push({ ...(id !== undefined && { id }), error: stopped });
  }
  return results;
}

async function* map<Item, Result>(items: Many<Item>, change: (item: Item) => Result): AsyncGenerator<Result, void> {
  for await (const item of items) yield change(item);
}

async function* flatten<Item>(parts: AsyncIterable<readonly Item[]>): AsyncGenerator<Item, void> {
  for await (const part of parts) yield* part;
}
