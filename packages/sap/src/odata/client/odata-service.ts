import type { CallOptions } from "./call.js";
import type { ODataKey, ODataQuery } from "./codec.js";
import { ODataExchange } from "./exchange.js";
import { setOf } from "./model-lookup.js";
import { followPages, pageCall, readEntities, resolveLink } from "./paging.js";
import type { ODataParts } from "./parts.js";
import { type ChangeOptions, type CreateOptions, type ReadOptions, RecordCalls, withQuery } from "./record-calls.js";
import type { ODataEntity, ODataFound, ODataPage, ODataWritten, WithMessages } from "./results.js";

/**
 * One OData service, v2 or v4. Every method sends one request unless it says otherwise; results carry what SAP said beside them.
 */
export class ODataService<Query extends ODataQuery = ODataQuery> {
  /** Builds the calls that {@link ODataService.batch} takes. */
  readonly calls: RecordCalls<Query>;
  readonly #parts: ODataParts<Query>;
  readonly #exchange: ODataExchange;

  constructor(parts: ODataParts<Query>) {
    this.#parts = parts;
    this.#exchange = new ODataExchange(parts);
    this.calls = new RecordCalls(parts);
  }

  /** @throws {NotFoundError} when there is no such record. */
  read(
    set: string,
    key: ODataKey,
    options: ReadOptions<Query> & CallOptions = {} as ReadOptions<Query>,
  ): Promise<ODataFound> {
    const { signal, ...query } = options as ReadOptions<Query> & CallOptions;
    return this.#exchange.run(this.calls.read(set, key, query as ReadOptions<Query>), withSignal(signal));
  }

  /** Counts the records that a query finds. */
  count(set: string, query: Query = {} as Query, options: CallOptions = {}): Promise<number> {
    return this.#exchange.run(this.calls.count(set, query), options);
  }

  /** All records that a query finds, page after page, as the service cuts them. */
  async *query(
    set: string,
    query: Query = {} as Query,
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
  pages(
    set: string,
    query: Query = {} as Query,
    options: CallOptions = {},
  ): AsyncGenerator<ODataPage, void, undefined> {
    const first = this.#pageCall(set, withQuery(set, this.#parts.codec.queryString(set, query)));
    return followPages(this.#exchange, first, (path) => this.#pageCall(set, path), options);
  }

  /** The first page of a query. */
  page(set: string, query: Query = {} as Query, options: CallOptions = {}): Promise<ODataPage> {
    const path = withQuery(set, this.#parts.codec.queryString(set, query));
    return this.#exchange.run(this.#pageCall(set, path), options);
  }

  /** @param next - From the page before. */
  pageAt(set: string, next: string, options: CallOptions = {}): Promise<ODataPage> {
    return this.#exchange.run(this.#pageCall(set, resolveLink(this.#parts, next, "")), options);
  }

  /** Creates a record, with nested ones where the input has some (deep insert). */
  create(set: string, input: object, { signal, ...options }: CreateOptions & CallOptions = {}): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.create(set, input, options), withSignal(signal));
  }

  /**
   * Changes the properties that `changes` has, and no other.
   *
   * @throws {ConflictError} when the record is another version by now.
   * @throws {ValidationError} when the service insists on an ETag.
   */
  update(
    set: string,
    key: ODataKey,
    changes: object,
    { signal, ...options }: ChangeOptions & CallOptions = {},
  ): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.update({ set, key }, changes, options), withSignal(signal));
  }

  /** Replaces the record: properties that `input` leaves out get their defaults. */
  replace(
    set: string,
    key: ODataKey,
    input: object,
    { signal, ...options }: ChangeOptions & CallOptions = {},
  ): Promise<ODataWritten> {
    return this.#exchange.run(this.calls.replace({ set, key }, input, options), withSignal(signal));
  }

  /** @throws {NotFoundError} when there is no such record. */
  delete(set: string, key: ODataKey, { signal, ...options }: ChangeOptions & CallOptions = {}): Promise<WithMessages> {
    return this.#exchange.run(this.calls.delete({ set, key }, options), withSignal(signal));
  }

  #pageCall(set: string, path: string) {
    const { type } = setOf(this.#parts.model, set);
    return pageCall(`${set}.query`, path, {}, (answer) => readEntities(this.#parts, type, path, answer));
  }
}

function withSignal(signal: AbortSignal | undefined): CallOptions {
  return signal ? { signal } : {};
}
