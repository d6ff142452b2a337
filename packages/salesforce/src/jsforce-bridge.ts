import { AsyncLocalStorage } from "node:async_hooks";
import type { AccessToken, ConnectorError, ConnectorRequest, TransportResponse } from "@isthmus/core";
import type { Connection } from "jsforce";
import { disarm } from "./jsforce-traps.js";
import { createJsforceTransport, createRefusingTransport } from "./transport.js";

/** What the bridge needs of the connector. */
export interface BridgeOptions {
  /** As in the configuration: `v60.0`. */
  readonly apiVersion: string;
  /**
   * Stands for the session wherever jsforce writes one: its logs and errors can hold nothing worse. Nobody may guess it,
   * because the transport puts the token where it finds it, also in the text of a record.
   */
  readonly session: string;
  /** Sends with the connector's token. */
  send(request: ConnectorRequest): Promise<TransportResponse>;
  mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError;
  /** @param notVersion - The version of a token that Salesforce has just refused. */
  accessToken(notVersion?: number): Promise<AccessToken>;
}

/** What belongs to one call through jsforce, whose own methods have no room for it. */
export interface BridgeScope {
  readonly name: string;
  readonly signal?: AbortSignal;
}

/** jsforce plugged onto the connector: it knows the API, the connector owns the network and the tokens. */
export class JsforceBridge {
  readonly #options: BridgeOptions;
  readonly #scope = new AsyncLocalStorage<BridgeScope>();
  #connection: { readonly instanceUrl: string; readonly made: Promise<Connection> } | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** The connection to this instance. jsforce is loaded when it is first asked for: that alone takes some 200 ms. */
  connection(instanceUrl: string): Promise<Connection> {
    if (this.#connection?.instanceUrl !== instanceUrl) {
      this.#connection = { instanceUrl, made: this.#connect(instanceUrl) };
    }
    return this.#connection.made;
  }

  /** Runs work of jsforce whose requests carry this name and end with this signal. */
  scoped<Result>(scope: BridgeScope, work: () => Promise<Result>): Promise<Result> {
    return this.#scope.run(scope, work);
  }

  async #connect(instanceUrl: string): Promise<Connection> {
    const { default: jsforce } = await import("jsforce");
    const connection = new jsforce.Connection({
      instanceUrl,
      version: this.#options.apiVersion.slice(1),
      // No refresh function and no OAuth client: jsforce's refresh has no cap and forgets rotated tokens. A session that
      // is a placeholder lets it build what needs one; the transport puts the real token in its place.
      accessToken: this.#options.session,
    });
    connection._transport = createJsforceTransport({
      ...this.#options,
      instanceUrl,
      scope: () => this.#scope.getStore(),
    });
    connection.oauth2._transport = createRefusingTransport(
      "Signing in and out belongs to the connector: use getAuthUrl, handleCallback and disconnect.",
    );
    disarm(connection);
    return connection;
  }
}
