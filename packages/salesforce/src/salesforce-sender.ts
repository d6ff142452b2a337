import {
  type AccessToken,
  BaseConnector,
  ConnectorError,
  type ConnectorRequest,
  type CreateContext,
  type TransportResponse,
  type TransportStreamResponse,
} from "@isthmus/core";
import type { Connection } from "jsforce";
import type { CallOptions, SalesforceApi } from "./api.js";
import { requireAttribute } from "./auth/attributes.js";
import { isTokenRefused, mapFailure } from "./errors.js";
import { JsforceBridge } from "./jsforce-bridge.js";
import { type ApiUsage, toApiUsage } from "./limits/api-usage.js";
import { LimitGate } from "./limits/limit-gate.js";
import { readLimitRefusal, readRefusedStream } from "./limits/limit-refusal.js";
import type { SalesforceConfiguration } from "./options.js";
import { callSoap, type SoapCallerOptions } from "./soap/soap-caller.js";

/**
 * How the connector reaches one organisation: at the instance that its tokens name, within its limits, its failures by one
 * table; through jsforce and by SOAP too.
 */
export abstract class SalesforceSender extends BaseConnector<unknown, SalesforceConfiguration> {
  #trustedInstance: string | undefined;
  readonly #gate: LimitGate;
  #bridge: JsforceBridge | undefined;
  /** What its parts send through. */
  protected readonly api: SalesforceApi;

  constructor(context: CreateContext<unknown, SalesforceConfiguration>) {
    super(context);
    const { clock, random, logger, signal } = context;
    this.#gate = new LimitGate({
      options: context.configuration.limits,
      clock,
      random,
      events: this.events,
      budgets: context.budgets,
      connection: this.connection,
      signal,
      accessToken: (ended) => this.accessToken(ended),
    });
    this.api = {
      dataPath: this.dataPath,
      clock,
      random,
      logger,
      signal,
      send: (request) => this.send(request),
      sendRaw: (request) => this.sendRaw(request),
      openStream: (request) => this.openStream(request),
      callSoap: (call) => callSoap(this.soap, call),
      mapFailure: (response, request) => this.mapFailure(response, request),
    };
  }

  /** What the organisation's answers said last of its requests of 24 hours; `undefined` before the first one. Asks nothing. */
  get apiUsage(): ApiUsage | undefined {
    return toApiUsage(this.#gate.info);
  }

  protected override baseUrl(token: AccessToken | undefined): string {
    return this.trustInstance(token?.attributes ?? {});
  }

  protected override mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
    // Here, because most requests do not go through the base's `send`, which takes secrets out.
    return this.conceal(mapFailure(response, request, this.clock.now(), this.#gate.waits));
  }

  protected override sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
    if (isLongPoll(request)) return super.sendRaw(request);
    return this.#gate.run(request, async () => {
      const response = await super.sendRaw(request);
      return { response, refusal: readLimitRefusal(response) };
    });
  }

  protected override sendStream(request: ConnectorRequest): Promise<TransportStreamResponse> {
    if (isLongPoll(request)) return super.sendStream(request);
    return this.#gate.run(request, async () => readRefusedStream(await super.sendStream(request)));
  }

  protected override isTokenRefused(response: { readonly status: number; readonly body?: unknown }): boolean {
    return isTokenRefused(response);
  }

  /** The instance that the tokens name, once the transport has said that it may be talked to. */
  protected trustInstance(attributes: Readonly<Record<string, string>>): string {
    const instance = requireAttribute(attributes, "instance_url");
    if (instance === this.#trustedInstance) return instance;
    this.transport.assertAllowed(instance);
    this.#trustedInstance = new URL(instance).origin;
    return this.#trustedInstance;
  }

  /** A token that is valid now. @param notVersion - The version of one that Salesforce has just refused. */
  protected async accessToken(signal = this.context.signal, notVersion?: number): Promise<AccessToken> {
    const { tokens } = this.context;
    if (tokens) return tokens.accessToken({ signal, ...(notVersion !== undefined && { notVersion }) });
    throw new ConnectorError("INTERNAL", "Salesforce has no authentication method without tokens.");
  }

  private get soap(): SoapCallerOptions {
    return {
      apiVersion: this.context.configuration.apiVersion,
      accessToken: (signal, notVersion) => this.accessToken(signal, notVersion),
      sendRaw: (request) => this.sendRaw(request),
    };
  }

  /** jsforce, plugged onto this connector. */
  protected get bridge(): JsforceBridge {
    this.#bridge ??= new JsforceBridge({
      apiVersion: this.context.configuration.apiVersion,
      session: `isthmus-session-${this.context.random.uuid()}`,
      send: (request) => this.sendRaw(request),
      mapFailure: (response, request) => this.mapFailure(response, request),
      accessToken: (notVersion) => this.accessToken(undefined, notVersion),
    });
    return this.#bridge;
  }

  /** Runs work of jsforce's whose requests carry this name. */
  protected async throughJsforce<Result>(
    name: string,
    options: CallOptions,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    const { attributes } = await this.accessToken(options.signal);
    const connection = await this.bridge.connection(this.trustInstance(attributes));
    return this.bridge.scoped({ name, ...options }, () => work(connection));
  }

  private get dataPath(): string {
    return `/services/data/${this.context.configuration.apiVersion}`;
  }
}

/** Salesforce counts subscriptions by limits of their own, and one waits for minutes in the place of a request. */
function isLongPoll({ path }: ConnectorRequest): boolean {
  return path.startsWith("/cometd/");
}
