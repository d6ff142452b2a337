import {
  type AccessToken,
  BaseConnector,
  type BinaryContent,
  type ConnectedAccount,
  type ConnectionCheck,
  ConnectorError,
  type ConnectorRequest,
  type CreateContext,
  type EntityBatch,
  type EntityCursor,
  type TransportResponse,
} from "@isthmus/core";
import { parseAnswerBody } from "./answer-body.js";
import { Api } from "./api.js";
import { type AttachmentParts, download, type UploadOptions, upload } from "./attachments.js";
import { type BatchItem, type BatchResult, runBatch } from "./batch.js";
import { readPdf, sendByEmail } from "./documents.js";
import type { EntityName } from "./entities/traits.js";
import { readEntity, startAt } from "./entity-reading.js";
import { isTokenRefused, mapFailure } from "./errors.js";
import { hostsOf } from "./hosts.js";
import { realmOf, toConnectedAccount } from "./identity.js";
import { type NodeQuickbooks, plugNodeQuickbooks } from "./node-quickbooks-bridge.js";
import type { QuickbooksConfiguration, QuickbooksCredentials } from "./options.js";
import { PaymentCalls } from "./payments.js";
import { QueryCalls, type QueryOptions, type QueryRecord } from "./query.js";
import { type RealmGate, sharedGate } from "./realm-gate.js";
import { sharedThrottle } from "./realm-throttle.js";
import { RecordCalls, type UpdateOptions } from "./record-calls.js";
import type { DeletedRecord, QuickbooksRecord, RecordInput } from "./records.js";
import { type Report, type ReportName, type ReportParameters, runReport } from "./reports.js";
import type { WriteOptions, WriteParts } from "./write-once.js";

/** What every reading call takes. */
export interface CallOptions {
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * One company of QuickBooks Online as typed methods. Each sends with a token that is valid, within Intuit's limits for the
 * company, and throws a `ConnectorError`. A write whose answer is lost is sent again with its `requestid`, so that it happens
 * once. Amounts are decimal strings.
 */
export class QuickbooksConnector extends BaseConnector<QuickbooksCredentials, QuickbooksConfiguration> {
  /** The Payments API; needs the scope `com.intuit.quickbooks.payment`. */
  readonly payments: PaymentCalls;
  readonly #api: Api;
  readonly #records: RecordCalls;
  readonly #queries: QueryCalls;
  readonly #writing: WriteParts;
  #throttle: { readonly realmId: string; readonly throttle: RealmGate } | undefined;

  constructor(context: CreateContext<QuickbooksCredentials, QuickbooksConfiguration>) {
    super(context);
    const { configuration, clock, random, signal } = context;
    this.#api = new Api({
      minorVersion: configuration.minorVersion,
      send: (request) => this.sendRaw(request),
      stream: (request) => this.sendStream(request),
      throttle: (ended) => this.throttle(ended),
      now: () => clock.now(),
      signal,
    });
    this.#writing = { api: this.#api, clock, random, signal };
    this.#records = new RecordCalls(this.#writing);
    this.#queries = new QueryCalls(this.#api);
    this.payments = new PaymentCalls(this.#writing, hostsOf(configuration).payments);
  }

  /**
   * Creates a record. Sent again with the same `idempotencyKey`, it is not created twice.
   *
   * @throws {ConflictError} when its name or number is taken.
   * @throws {OutcomeUnknownError} when no try was answered; `reconcile` says how to find out.
   */
  create(entity: EntityName, record: RecordInput, options: WriteOptions = {}): Promise<QuickbooksRecord> {
    return this.#records.create(entity, record, options);
  }

  /** Reads a record. @throws {NotFoundError} when there is none, or it was deleted. */
  read(entity: EntityName, id: string, options: CallOptions = {}): Promise<QuickbooksRecord> {
    return this.#records.read(entity, id, options.signal);
  }

  /**
   * Changes a record: the fields that are given (`sparse: true`), or all of it. Fields that this package does not know stay
   * in a record that was read and is written back.
   *
   * @throws {ConflictError} for a full update of a record that was changed meanwhile. A sparse one is made again on what it
   *   has become.
   */
  update(entity: EntityName, record: RecordInput, options: UpdateOptions): Promise<QuickbooksRecord> {
    return this.#records.update(entity, record, options);
  }

  /**
   * Deletes a transaction; makes a record of a list inactive, which is how QuickBooks deletes those.
   *
   * @param record - `Id`, and `SyncToken` where it must not have been changed meanwhile.
   */
  delete(
    entity: EntityName,
    record: RecordInput,
    options: WriteOptions = {},
  ): Promise<DeletedRecord | QuickbooksRecord> {
    return this.#records.remove(entity, record, options);
  }

  /** Voids a transaction: it stays, with zero amounts. @param record - As for {@link delete}. */
  void(entity: EntityName, record: RecordInput, options: WriteOptions = {}): Promise<QuickbooksRecord> {
    return this.#records.void(entity, record, options);
  }

  /**
   * The records of a query, one after the other, any number of them. Build the text with `quickbooksQuery`, which escapes
   * values, and leave out STARTPOSITION and MAXRESULTS.
   */
  query(query: string, options: QueryOptions = {}): AsyncIterable<QueryRecord> {
    return this.#queries.records(query, options);
  }

  /** The first records of an entity. */
  async sample(entity: EntityName, size: number, options: CallOptions = {}): Promise<readonly QueryRecord[]> {
    return (await this.#queries.page(`select * from ${entity}`, 1, size, options.signal)).records;
  }

  /** How many records there are. @param where - A condition, made with `quickbooksQuery`. Default: all. */
  count(entity: EntityName, where?: string, options: CallOptions = {}): Promise<number> {
    return this.#queries.count(entity, where, options.signal);
  }

  /** Runs any number of items, 30 to a request. Results come in the order of the items; a failed item throws nothing. */
  batch(items: readonly BatchItem[], options: WriteOptions = {}): Promise<readonly BatchResult[]> {
    return runBatch(this.#writing, items, options);
  }

  /** Runs a report. `flattenReport` makes a table of it. */
  report<Name extends ReportName>(
    name: Name,
    parameters: ReportParameters<Name>,
    options: CallOptions = {},
  ): Promise<Report> {
    return runReport(this.#api, name, parameters, options.signal);
  }

  /** Sends a document by e-mail. @param sendTo - Default: the document's own address. */
  email(entity: EntityName, id: string, sendTo?: string, options: WriteOptions = {}): Promise<QuickbooksRecord> {
    return sendByEmail(this.#writing, entity, id, sendTo, options);
  }

  /** A document as PDF, as a stream. Read it to its end or destroy it. */
  pdf(entity: EntityName, id: string, options: CallOptions = {}): Promise<BinaryContent> {
    return readPdf(this.#api, entity, id, options.signal);
  }

  /** Attaches a file to records. @throws {OutcomeUnknownError} when the answer was lost. */
  upload(content: BinaryContent, options: UploadOptions): Promise<QuickbooksRecord> {
    return upload(this.attachments, content, options);
  }

  /** The content of an attachment, as a stream. Read it to its end or destroy it. */
  download(attachableId: string, options: CallOptions = {}): Promise<BinaryContent> {
    return download(this.attachments, attachableId, options.signal);
  }

  /** All records of an entity, or what was changed and deleted since a cursor. @throws {ConnectorError} `CURSOR_EXPIRED` */
  changes(
    entity: EntityName,
    cursor: EntityCursor | undefined,
    signal = this.context.signal,
  ): AsyncIterable<EntityBatch> {
    const { clock, logger } = this.context;
    return readEntity({ api: this.#api, query: this.#queries, clock, logger }, entity, cursor, signal);
  }

  /** A cursor with which {@link changes} gives what was changed since a time (epoch milliseconds) and is not deleted. */
  changesFrom(entity: EntityName, sinceMs: number): EntityCursor {
    return startAt(this.context, entity, sinceMs);
  }

  /** The company as it tells of itself. */
  async companyInfo(options: CallOptions = {}): Promise<QuickbooksRecord> {
    return this.read("CompanyInfo", await this.realmId(options.signal), options);
  }

  /**
   * node-quickbooks' own reading methods, for what has none here. They send through this connector: its token, limits,
   * timeouts and errors.
   */
  nodeQuickbooks(): Promise<NodeQuickbooks> {
    return plugNodeQuickbooks(this.#api, this.context.signal);
  }

  protected override async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const realmId = await this.realmId(signal);
    return toConnectedAccount(realmId, await this.companyInfo({ signal }), this.context.configuration);
  }

  protected override async check(signal: AbortSignal): Promise<readonly ConnectionCheck[]> {
    await this.count("Account", undefined, { signal });
    const { environment, minorVersion } = this.context.configuration;
    const detail = `The Accounting API of the ${environment} environment answers, minor version ${minorVersion}.`;
    return [{ name: "api", ok: true, detail }];
  }

  protected override baseUrl(token: AccessToken | undefined): string {
    const { configuration, credentials } = this.context;
    return `${hostsOf(configuration).api}/v3/company/${realmOf(token?.attributes ?? {}, credentials.realmId)}`;
  }

  protected override mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
    const { status, headers } = response;
    return mapFailure({ status, headers, body: parseAnswerBody(response.body) }, request, this.clock.now());
  }

  protected override isTokenRefused(response: {
    readonly status: number;
    readonly headers?: unknown;
    readonly body?: unknown;
  }): boolean {
    // Of every other answer the body is not looked into twice.
    if (response.status !== 401) return false;
    return isTokenRefused({
      status: response.status,
      headers: {},
      body: Buffer.isBuffer(response.body) ? parseAnswerBody(response.body) : undefined,
    });
  }

  protected override async beforeSendingAgain(signal: AbortSignal): Promise<void> {
    await (await this.throttle(signal)).again(signal);
  }

  private async realmId(signal = this.context.signal): Promise<string> {
    const { tokens, credentials } = this.context;
    if (!tokens) throw new ConnectorError("INTERNAL", "QuickBooks has no authentication method without tokens.");
    const { attributes } = await tokens.accessToken({ signal });
    return realmOf(attributes, credentials.realmId);
  }

  private async throttle(signal: AbortSignal): Promise<RealmGate> {
    const realmId = await this.realmId(signal);
    if (this.#throttle?.realmId !== realmId) {
      const { clock, configuration, credentials, budgets, connection } = this.context;
      const company = [hostsOf(configuration).api, credentials.clientId, realmId];
      const { limits } = configuration;
      const throttle = budgets
        ? sharedGate(budgets, [connection.type, ...company], limits)
        : sharedThrottle(JSON.stringify(company), clock, limits);
      this.#throttle = { realmId, throttle };
    }
    return this.#throttle.throttle;
  }

  private get attachments(): AttachmentParts {
    const { transport, random } = this.context;
    return {
      api: this.#api,
      transport,
      random,
      send: async (request) => {
        const { signal = this.context.signal } = request;
        return (await this.throttle(signal)).run("call", signal, (budget) =>
          this.sendRaw({ ...request, ...(budget && { budget }) }),
        );
      },
    };
  }
}
