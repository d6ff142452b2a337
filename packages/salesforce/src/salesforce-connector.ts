import { type ConnectedAccount, type ConnectionCheck, type CreateContext, readAnswer } from "@isthmus/core";
import type { Connection } from "jsforce";
import type { CallOptions } from "./api.js";
import { requireAttribute, userOf } from "./auth/attributes.js";
import { Blobs } from "./blobs/blobs.js";
import { Bulk } from "./bulk/bulk.js";
import { ChangeCalls } from "./changes/change-calls.js";
import { Collections } from "./collections/collections.js";
import { Composite } from "./composite/composite.js";
import { identitySchema, readOrganization, type SalesforceIdentity, toConnectedAccount } from "./identity.js";
import type { ApiVersion, DescribeGlobalResult, DescribeResult, Limits } from "./metadata.js";
import { MetadataCalls } from "./metadata-calls.js";
import type { SalesforceConfiguration } from "./options.js";
import type { QueryOptions } from "./query.js";
import { QueryCalls } from "./query-calls.js";
import { RecordCalls, type UpdateOptions } from "./record-calls.js";
import type { QueryPage, QueryResult, RecordInput, SalesforceRecord, UpsertResult } from "./records.js";
import { SalesforceSender } from "./salesforce-sender.js";
import { runSearch } from "./search.js";
import { Streaming } from "./streaming/streaming.js";

export type { CallOptions } from "./api.js";

/**
 * Salesforce as typed methods. Each sends with a token that is valid, renews a refused one once, repeats what is safe to
 * repeat, and throws a `ConnectorError`.
 */
export class SalesforceConnector extends SalesforceSender {
  /** Any number of records at once, with a result for each. */
  readonly collections: Collections;
  /** Several calls in one request. */
  readonly composite: Composite;
  /** Files and other bytes. */
  readonly blobs: Blobs;
  /** Bulk API 2.0: millions of rows. */
  readonly bulk: Bulk;
  readonly #records: RecordCalls;
  readonly #queries: QueryCalls;
  readonly #metadata: MetadataCalls;
  /** The records of an object, and afterwards what was changed and deleted. */
  readonly changes: ChangeCalls;
  /** Events as they happen. */
  readonly streaming: Streaming;

  constructor(context: CreateContext<unknown, SalesforceConfiguration>) {
    super(context);
    this.collections = new Collections(this.api);
    this.composite = new Composite(this.api);
    this.blobs = new Blobs(this.api);
    this.bulk = new Bulk(this.api);
    this.#records = new RecordCalls(this.api);
    this.#queries = new QueryCalls(this.api);
    this.#metadata = new MetadataCalls(
      this.api,
      (name, options, work) => this.throughJsforce(name, options, work),
      async (ended) => userOf((await this.accessToken(ended)).attributes),
    );
    this.streaming = new Streaming({
      api: this.api,
      path: `/cometd/${context.configuration.apiVersion.slice(1)}`,
      renewToken: async (signal) => void (await this.refreshToken(signal)),
    });
    this.changes = new ChangeCalls({
      api: this.api,
      streaming: this.streaming,
      queryPage: (position, options) => this.queryPage(position, options),
      describe: (sobject, options) => this.describe(sobject, options),
    });
  }

  /**
   * Creates a record. Salesforce has no key against doubles: when the answer is lost, nobody knows whether it exists.
   *
   * @throws {OutcomeUnknownError} when the record may have been created; `reconcile` says how to look.
   */
  create(sobject: string, record: RecordInput, options: CallOptions = {}): Promise<{ readonly id: string }> {
    return this.#records.create(sobject, record, options);
  }

  /**
   * Reads a record.
   *
   * @param fields - Names of the fields to read. Default: all that the user may see.
   * @throws {NotFoundError} when there is none, it was deleted, or the user may not see it.
   */
  retrieve(
    sobject: string,
    id: string,
    fields?: readonly string[],
    options: CallOptions = {},
  ): Promise<SalesforceRecord> {
    return this.#records.retrieve(sobject, id, fields, options);
  }

  /**
   * Changes the fields that `record` names.
   *
   * A lost answer is followed by a repetition: the values are absolute, so a second PATCH leaves the record as the first
   * one did. Flows and triggers of the organisation may run twice. With `ifUnmodifiedSince` it is not repeated, because
   * the first one would be taken for somebody else's change.
   *
   * @throws {ConflictError} when the record was changed after `ifUnmodifiedSince`.
   * @throws {OutcomeUnknownError} when the answer to a conditional update was lost.
   */
  update(sobject: string, id: string, record: RecordInput, options: UpdateOptions = {}): Promise<void> {
    return this.#records.update(sobject, id, record, options);
  }

  /**
   * Updates the record with this external id, or creates it. Safe to repeat: this is how to create without doubles. Mark
   * the field as unique: otherwise a repetition that meets the first try still at work makes a second record.
   *
   * @param externalId - Any text; it is encoded for the path.
   * @param record - Without the external id field itself.
   * @throws {MultipleMatchesError} when several records have this external id; it names them.
   */
  upsert(
    sobject: string,
    externalIdField: string,
    externalId: string,
    record: RecordInput,
    options: CallOptions = {},
  ): Promise<UpsertResult> {
    return this.#records.upsert(sobject, externalIdField, externalId, record, options);
  }

  /**
   * Moves a record to the recycle bin. Deleting it twice is the same as once, so that a lost answer can be repeated.
   *
   * @throws {NotFoundError} when there never was such a record, or the recycle bin has been emptied.
   */
  delete(sobject: string, id: string, options: CallOptions = {}): Promise<void> {
    return this.#records.delete(sobject, id, options);
  }

  /**
   * Takes a record out of the recycle bin, by SOAP: REST cannot. One that is not there because it is not deleted counts as
   * taken out, so that a lost answer can be repeated.
   *
   * @throws {NotFoundError} when there never was such a record, or the recycle bin has been emptied.
   */
  undelete(sobject: string, id: string, options: CallOptions = {}): Promise<void> {
    return this.#records.undelete(sobject, id, options);
  }

  /**
   * The records of a query, one after the other. The next page is asked for when the records of the last one are used
   * up, so a slow consumer holds one page and no more. Build the text with `soql`, which escapes values.
   *
   * Lists of child records (of subqueries) are read to their end before their record is handed out.
   *
   * @throws {ConnectorError} `RESPONSE_TOO_LARGE` for a list of more than `maxChildRecords` (default 10,000); never a
   *   shortened one. `VENDOR_REJECTED` with the vendor's code `INVALID_QUERY_LOCATOR` when the pages have expired at
   *   Salesforce, after two days or because the user has more than 10 queries open: run it again.
   */
  query(soql: string, options: QueryOptions = {}): AsyncIterable<SalesforceRecord> {
    return this.#queries.records(soql, options);
  }

  /** Like {@link query}, and deleted and archived records are found too: `IsDeleted` tells them apart. */
  queryAll(soql: string, options: QueryOptions = {}): AsyncIterable<SalesforceRecord> {
    return this.#queries.records(soql, { ...options, includeDeleted: true });
  }

  /**
   * The child records of one list of a record, as they are asked for, whether or not the list came whole. For records that
   * were read with `childRecords: "first_page"`, or by {@link queryPage}.
   *
   * @param relationship - As in the query's subquery, such as `Contacts`.
   */
  children(
    record: SalesforceRecord,
    relationship: string,
    options: QueryOptions = {},
  ): AsyncIterable<SalesforceRecord> {
    return this.#queries.children(record, relationship, options);
  }

  /** How many records there are. @param where - A condition, made with `soql`. Default: all. */
  count(sobject: string, where?: string, options: QueryOptions = {}): Promise<number> {
    return this.#queries.count(sobject, where, options);
  }

  /**
   * What a full-text search finds, of several objects; Salesforce gives up to 2,000 records. Build the text with `sosl`,
   * which escapes values. `attributes.type` tells the records' objects.
   */
  search(sosl: string, options: CallOptions = {}): Promise<readonly SalesforceRecord[]> {
    return runSearch(this.api, sosl, options);
  }

  /** One page: the first one by a query text, a further one by the `nextRecordsUrl` of the page before. */
  queryPage(
    position: { readonly soql: string } | { readonly nextRecordsUrl: string },
    options: QueryOptions = {},
  ): Promise<QueryPage> {
    return this.#queries.page(position, options);
  }

  /**
   * Everything that a query finds, in memory.
   *
   * @throws {ConnectorError} `RESPONSE_TOO_LARGE` beyond `maxRecords` (default 50,000), before further pages are read:
   *   use {@link query}.
   */
  queryAllRecords(soql: string, options: QueryOptions & { readonly maxRecords?: number } = {}): Promise<QueryResult> {
    return this.#queries.all(soql, options);
  }

  /**
   * Fields, relationships and permissions of an object. One that was read before is kept for the connected user, and
   * Salesforce is asked whether it still holds.
   *
   * @throws {NotFoundError} when there is none of that name.
   */
  describe(sobject: string, options: CallOptions = {}): Promise<DescribeResult> {
    return this.#metadata.describe(sobject, options);
  }

  /** Every object that the user may see, with what may be done to its records. Kept as {@link describe} is. */
  describeGlobal(options: CallOptions = {}): Promise<DescribeGlobalResult> {
    return this.#metadata.describeGlobal(options);
  }

  /** The organisation's limits and what is left of each. */
  limits(options: CallOptions = {}): Promise<Limits> {
    return this.#metadata.limits(options);
  }

  /** Who is connected, from Salesforce's identity service. The token goes in the header, never into the address. */
  async identity(options: CallOptions = {}): Promise<SalesforceIdentity> {
    const { attributes } = await this.accessToken(options.signal);
    const path = requireAttribute(attributes, "id");
    const headers = { accept: "application/json" };
    const response = await this.send({ ...options, name: "identity", method: "GET", path, headers });
    return readAnswer(response, identitySchema, "an identity");
  }

  /** The API versions that the organisation answers, oldest first. */
  versions(options: CallOptions = {}): Promise<readonly ApiVersion[]> {
    return this.#metadata.versions(options);
  }

  /**
   * jsforce's own `Connection`, for everything that has no method here. It sends through this connector's transport:
   * tokens, timeouts, limits and allowed hosts are ours, and its failures are `ConnectorError`s.
   *
   * What needs jsforce's own network code stays away: signing in, streaming. So does its bulk query, which loses records.
   * What else jsforce does, it does its way: `upsert` writes external ids into the path as they are, `find` and queries
   * stop at `maxFetch` (10,000) without a word, `loadAndWaitForResults` deletes a job that takes longer than its timeout.
   */
  async jsforce(): Promise<Connection> {
    const { attributes } = await this.accessToken();
    return this.bridge.connection(this.trustInstance(attributes));
  }

  /** Ends subscriptions, and then as every connector. */
  override async close(): Promise<void> {
    this.streaming.close();
    await super.close();
  }

  protected override async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const identity = await this.identity({ signal });
    const organization = await readOrganization((soql) => this.queryPage({ soql }, { signal }));
    const { attributes } = await this.accessToken(signal);
    return toConnectedAccount(identity, organization, this.trustInstance(attributes));
  }

  protected override async check(signal: AbortSignal): Promise<readonly ConnectionCheck[]> {
    const { DailyApiRequests: requests } = await this.limits({ signal });
    const left = requests ? `; ${requests.Remaining} of ${requests.Max} requests of the day are left` : "";
    return [{ name: "api", ok: true, detail: `REST API ${this.context.configuration.apiVersion} answers${left}.` }];
  }
}
