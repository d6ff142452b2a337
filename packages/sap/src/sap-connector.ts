import {
  type AccessToken,
  BaseConnector,
  type ClientIdentity,
  type ConnectedAccount,
  type ConnectionCheck,
  type ConnectionTest,
  type ConnectorError,
  type ConnectorRequest,
  type CreateContext,
  type EntitySource,
  type PoolStatus,
  type TransportResponse,
} from "@isthmus/core";
import { createEntitySource } from "./entity-source.js";
import { mapSapFailure } from "./errors/map-sap-failure.js";
import type { SapHttp } from "./http/sap-http.js";
import { IdocCalls } from "./idoc/idoc-calls.js";
import type { TableReader } from "./idoc/status/read-idoc-status.js";
import { LogonGate } from "./logon/logon-gate.js";
import { refusedLogon } from "./logon/refused-logon.js";
import { openIdentity } from "./logon/tls-source.js";
import type { ODataService } from "./odata/client/odata-service.js";
import { ODataServices, type OpenService } from "./odata/odata-services.js";
import type { SapConfiguration } from "./options/configuration.js";
import type { SapCredentials } from "./options/credentials.js";
import { RfcCalls } from "./rfc/rfc-calls.js";
import { ExclusiveSessions } from "./session/exclusive-sessions.js";
import { HttpSession } from "./session/http-session.js";
import { checkCertificate } from "./system/certificate-check.js";
import { runCheck } from "./system/run-check.js";
import { pingSystem, readSystemNames, toConnectedAccount } from "./system/system-identity.js";

/** What every reading call takes. */
export interface CallOptions {
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * One client of one SAP system as typed methods. Each throws a `ConnectorError`. A refused logon is not tried again until
 * {@link SapConnector.testConnection} is asked for: SAP locks users.
 */
export class SapConnector extends BaseConnector<SapCredentials, SapConfiguration> {
  /** The way to the system for a protocol that has no method here: with logon, session and CSRF token. Any status is an answer. */
  readonly http: SapHttp;
  /** Function modules and BAPIs. */
  readonly rfc: RfcCalls;
  /** IDocs. */
  readonly idocs: IdocCalls;
  /** The entity sets of all OData services as a source of data. */
  readonly entities: EntitySource;
  readonly #services: ODataServices;
  readonly #sessions: ExclusiveSessions;
  readonly #session: HttpSession;
  readonly #gate: LogonGate | undefined;

  constructor(context: CreateContext<SapCredentials, SapConfiguration>) {
    super(context);
    this.#gate = "password" in context.credentials ? new LogonGate() : undefined;
    this.#session = this.#openSession(false);
    this.http = this.#session;
    const { configuration, clock, files, transport, logger } = context;
    const { url: origin, client, limits } = configuration;
    this.#sessions = new ExclusiveSessions(() => this.#openSession(true), limits.sessions);
    const { random, signal } = context;
    this.#services = new ODataServices({
      settings: configuration.odata,
      http: this.http,
      origin,
      clock,
      random,
      signal,
    });
    this.rfc = new RfcCalls({
      settings: configuration.rfc,
      http: this.http,
      sessions: this.#sessions,
      transport,
      origin,
      files,
      logger,
      now: () => clock.now(),
    });
    const tables = (signal: AbortSignal | undefined): TableReader => ({
      readTable: (table, fields, { where }) => this.rfc.readTable(table, { fields, where }, signal),
    });
    this.entities = createEntitySource(this);
    this.idocs = new IdocCalls({ settings: configuration.idoc, http: this.http, clock, files, client, tables });
  }

  /** Names of the configured OData services. */
  get serviceNames(): readonly string[] {
    return this.#services.names;
  }

  /**
   * An OData service by its name in the configuration.
   *
   * @throws {NotFoundError} when the configuration has none of that name, or the system does not.
   */
  async odata(name: string): Promise<ODataService> {
    return (await this.#services.open(name)).service;
  }

  /** The same with its model: entity sets, types, operations. */
  openService(name: string): Promise<OpenService> {
    return this.#services.open(name);
  }

  /** See `BaseConnector.pools`: the connections, and the stateful `sessions`. */
  override get pools(): readonly PoolStatus[] {
    return [...super.pools, this.#sessions.status];
  }

  /** See `BaseConnector.connect`. Tries a logon that was refused once more. */
  override connect(signal?: AbortSignal): Promise<ConnectedAccount> {
    this.#gate?.allowOneTry();
    return super.connect(signal);
  }

  /** See `BaseConnector.testConnection`. Tries a logon that was refused once more. */
  override testConnection(signal?: AbortSignal): Promise<ConnectionTest> {
    this.#gate?.allowOneTry();
    return super.testConnection(signal);
  }

  /**
   * The client certificate that new connections show; `undefined` where the method has none.
   *
   * @throws {ValidationError} when it cannot be read.
   */
  async clientCertificate(): Promise<Omit<ClientIdentity, "tls"> | undefined> {
    const { credentials, files, clock } = this.context;
    const identity = await openIdentity(credentials, { files, clock })?.read();
    if (!identity) return undefined;
    const { tls: _tls, ...told } = identity;
    return told;
  }

  protected async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const { configuration, credentials } = this.context;
    const [first] = this.serviceNames;
    if (first !== undefined) await this.#services.refresh(first, signal);
    else if (this.#pingsByRfc) await this.rfc.call("RFC_PING", {}, { idempotent: true, signal });
    else await pingSystem(this.http, { signal, nowMs: this.clock.now() });
    const user = "username" in credentials ? credentials.username : undefined;
    return toConnectedAccount(configuration, readSystemNames(this.#session.cookieNames()), user);
  }

  protected override async check(signal: AbortSignal): Promise<readonly ConnectionCheck[]> {
    const { credentials, files, clock, logger, configuration } = this.context;
    const identity = await openIdentity(credentials, { files, clock })?.read();
    const [first, ...others] = this.serviceNames;
    const ofService = (name: string) => `The OData service at ${configuration.odata[name]?.path} answers.`;
    return [
      ...(identity ? [checkCertificate(identity, clock.now(), logger)] : []),
      // The first one has proved the logon.
      ...(first === undefined ? [] : [{ name: `service:${first}`, ok: true, detail: ofService(first) }]),
      ...(await Promise.all(
        others.map((name) => runCheck(`service:${name}`, ofService(name), () => this.#services.refresh(name, signal))),
      )),
      ...(first !== undefined && this.#pingsByRfc
        ? [
            await runCheck("rfc", "Function modules can be called.", () =>
              this.rfc.call("RFC_PING", {}, { idempotent: true, signal }),
            ),
          ]
        : []),
    ];
  }

  /** Whether the configuration lets the module be called that does nothing but answer. */
  get #pingsByRfc(): boolean {
    return this.context.configuration.rfc.functionModules.includes("RFC_PING");
  }

  protected baseUrl(): string {
    return this.context.configuration.url;
  }

  protected mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
    return mapSapFailure(response, request, undefined, this.context.clock.now());
  }

  protected override credentialHeaders(token: AccessToken | undefined): Readonly<Record<string, string>> {
    const { credentials } = this.context;
    if (!("password" in credentials)) return super.credentialHeaders(token);
    const { username, password } = credentials;
    // UTF-8, as RFC 7617 section 2.1 recommends and ABAP systems with Unicode read it.
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  }

  #openSession(isStateful: boolean): HttpSession {
    const { configuration, clock, authenticationMethod } = this.context;
    const { url: baseUrl, client, language } = configuration;
    return new HttpSession({
      baseUrl,
      client,
      language,
      isStateful,
      send: (request) => this.sendRaw(request),
      stream: (request) => this.sendStream(request),
      refuse: (answer, request) => refusedLogon(authenticationMethod, answer, request),
      gate: this.#gate,
      now: () => clock.now(),
    });
  }
}
