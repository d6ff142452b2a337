import type { EntityBatch, EntityCursor } from "@isthmus/core";
import { findEntitySet } from "../model-lookup.js";
import type { Query } from "../query/query.js";
import { unexpected } from "./answer.js";
import { type BatchOptions, runBatch } from "./batch.js";
import type { BatchItem, BatchResults } from "./batch-items.js";
import type { CallOptions } from "./call.js";
import type { ChangesOptions } from "./change-options.js";
import { readChanges, startAt } from "./changes.js";
import type { ODataKey } from "./codec.js";
import { ODataExchange } from "./exchange.js";
import { MediaCalls } from "./media.js";
import { OperationCalls, type OperationOptions } from "./operation-calls.js";
import { readOutcome } from "./outcome-pages.js";
import { followPages, pageCall, readEntities, resolveLink } from "./paging.js";
import type { ODataParts } from "./parts.js";
import { type ChangeOptions, type CreateOptions, type ReadOptions, RecordCalls, withQuery } from "./record-calls.js";
import type { ODataEntity, ODataFound, ODataOutcome, ODataPage, ODataWritten, WithMessages } from "./results.js";

/**
 * One OData service, v2 or v4. Every method sends one request unless it says otherwise; results carry what SAP said beside them.
 */
export class ODataService {
  /** Builds the calls that {@link ODataService.batch} takes. */
  readonly calls: RecordCalls;
  /** Builds the calls of functions and actions that {@link ODataService.batch} takes. */
  readonly operationCalls: OperationCalls;
  /** Content of records, as streams. */
  readonly media: MediaCalls;
  readonly #parts: ODataParts;
  readonly #exchange: ODataExchange;

  constructor(parts: ODataParts) {
    this.#parts = parts;
    this.#exchange = new ODataExchange(parts);
    this.calls = new RecordCalls(parts);
    this.operationCalls = new OperationCalls(parts);
    this.media = new MediaCalls(parts, this.#exchange);
  }

  /**
   * Reads one record.
   *
   * @param key - `undefined` for a singleton.
   * @throws {NotFoundError} when there is no such record.
   */
  async read(set: string, key: ODataKey | undefined, options: ReadOptions & CallOptions = {}): Promise<ODataFound> {
    const { signal, ...query } = options;
    return this.#exchange.run(this.calls.read(set, key, query), withSignal(signal));
  }

  /** Counts the records that a query finds. */
  async count(set: string, query: Query = {}, options: CallOptions = {}): Promise<number> {
    return this.#exchange.run(this.calls.count(set, query), options);
  }

  /** All records that a query finds, page after page, as the service cuts them. */
  async *query(
    set: string,
    query: Query = {},
    options: CallOptions = {},
  ): AsyncGenerator<ODataEntity, void, undefined> {
    let left = query.top ?? Number.POSITIVE_INFINITY;
    for await (const { entities } of this.pages(set, query, options)) {
      // Some services count `$top` anew for each of their pages.
      yield* entities.slice(0, left);
      left -= entities.length;
      if (left <= 0) return;
    }
  }

  /** The same, a page at a time. */
  async *pages(set: string, query: Query = {}, options: CallOptions = {}): AsyncGenerator<ODataPage, void, undefined> {
    const first = this.#pageCall(set, withQuery(set, this.#parts.codec.queryString(set, query)));
    let empty = 0;
    for await (const page of followPages(this.#exchange, first, (path) => this.#pageCall(set, path), options)) {
      empty = page.entities.length === 0 ? empty + 1 : 0;
      if (empty > mostEmptyPages) throw unexpected(`has more than ${mostEmptyPages} empty pages one after the other`);
      yield page;
    }
  }

  /** The first page of a query. */
  async page(set: string, query: Query = {}, options: CallOptions = {}): Promise<ODataPage> {
    const path = withQuery(set, this.#parts.codec.queryString(set, query));
    return this.#exchange.run(this.#pageCall(set, path), options);
  }

  /** @param next - From the page before. */
  async pageAt(set: string, next: string, options: CallOptions = {}): Promise<ODataPage> {
    return this.#exchange.run(this.#pageCall(set, resolveLink(this.#parts, next, "")), options);
  }

  /** Creates a record, with nested ones where the input has some (deep insert). */
  async create(
    set: string,
    input: object,
    { signal, ...options }: CreateOptions & CallOptions = {},
  ): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.create(set, input, options), withSignal(signal));
  }

  /**
   * Changes the properties that `changes` has, and no other.
   *
   * @throws {ConflictError} when the record is another version by now.
   * @throws {ValidationError} when the service insists on an ETag.
   */
  async update(
    set: string,
    key: ODataKey | undefined,
    changes: object,
    { signal, ...options }: ChangeOptions & CallOptions = {},
  ): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.update({ set, key }, changes, options), withSignal(signal));
  }

  /** Replaces the record: properties that `input` leaves out get their defaults. */
  async replace(
    set: string,
    key: ODataKey | undefined,
    input: object,
    { signal, ...options }: ChangeOptions & CallOptions = {},
  ): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.replace({ set, key }, input, options), withSignal(signal));
  }

  /**
   * Deletes the record.
   *
   * @throws {NotFoundError} when there is no such record: also when an answer was lost, and the record went by the first try.
   */
  async delete(
    set: string,
    key: ODataKey,
    { signal, ...options }: ChangeOptions & CallOptions = {},
  ): Promise<WithMessages> {
    return this.#exchange.run(this.calls.delete({ set, key }, options), withSignal(signal));
  }

  /** Creates a record below another one, in the list that `navigation` names. */
  async createIn(
    set: string,
    key: ODataKey,
    navigation: string,
    input: object,
    { signal, ...options }: CreateOptions & CallOptions = {},
  ): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.createIn({ set, key }, navigation, input, options), withSignal(signal));
  }

  /**
   * Calls a function import (v2), a function or an action (v4). A list that the service cuts into pages is read to its end.
   *
   * @param parameters - By name. Values are typed by the metadata.
   * @throws {ValidationError} when the service has none of that name that takes these parameters.
   */
  async invoke(
    name: string,
    parameters: Readonly<Record<string, unknown>> = {},
    { signal, ...options }: OperationOptions & CallOptions = {},
  ): Promise<ODataOutcome> {
    const first = this.operationCalls.invoke(name, parameters, options);
    const more = (next: string) => this.operationCalls.more(name, next, options, parameters);
    return readOutcome(first, followPages(this.#exchange, first, more, withSignal(signal)));
  }

  /**
   * Runs calls in one request: `batch([calls.read("Orders", 1), changeset(calls.create("Orders", …), …)])`. A call that failed is
   * a result like another one; of a change set that failed, every call is told the one error.
   *
   * @throws {OutcomeUnknownError} when it has changes and its answer is lost or cannot be read.
   */
  async batch<const Items extends readonly BatchItem[]>(
    items: Items,
    options: BatchOptions = {},
  ): Promise<BatchResults<Items>> {
    return runBatch(this.#parts, this.#exchange, items, options);
  }

  /**
   * The records of a set without a cursor; with the one of an earlier batch, what changed since.
   *
   * @throws {ConnectorError} `CURSOR_EXPIRED` when the service cannot tell any more what changed: read without a cursor.
   */
  async *changes(
    set: string,
    cursor: EntityCursor | undefined,
    { signal, ...options }: ChangesOptions & CallOptions = {},
  ): AsyncGenerator<EntityBatch, void, undefined> {
    const parts = this.#parts;
    yield* readChanges({ parts, exchange: this.#exchange, set, options, call: withSignal(signal) }, cursor);
  }

  /**
   * A cursor with which {@link changes} gives what was changed since a time, by a timestamp of the records.
   *
   * @param sinceMs - Epoch milliseconds.
   * @throws {ConnectorError} `UNSUPPORTED` where the set is not read by a timestamp.
   */
  changesFrom(set: string, sinceMs: number, options: ChangesOptions = {}): EntityCursor {
    return startAt({ parts: this.#parts, set, options }, sinceMs);
  }

  #pageCall(set: string, path: string) {
    const { type } = findEntitySet(this.#parts.model, set);
    return pageCall(`${set}.query`, path, {}, (answer) => readEntities(this.#parts, type, path, answer));
  }
}

/** A service may filter what it has cut already; one that does nothing else would never end. */
const mostEmptyPages = 1_000;

function withSignal(signal: AbortSignal | undefined): CallOptions {
  return signal ? { signal } : {};
}
