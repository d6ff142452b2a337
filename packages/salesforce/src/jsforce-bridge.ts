import { AsyncLocalStorage } from "node:async_hooks";
import type { AccessToken, ConnectorError, ConnectorRequest, TransportResponse } from "@isthmus/core";
import type { Connection } from "jsforce";
import { createJsforceTransport, createRefusingTransport, sessionPlaceholder } from "./transport.js";

/** What the bridge needs of the connector. */
export interface BridgeOptions {
  /** As in the configuration: `v60.0`. */
  readonly apiVersion: string;
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
      accessToken: sessionPlaceholder,
    });
    connection._transport = createJsforceTransport({
      ...this.#options,
      instanceUrl,
      scope: () => this.#scope.getStore(),
    });
    connection.oauth2._transport = createRefusingTransport(
      "Signing in and out belongs to the connector: use getAuthUrl, handleCallback and disconnect.",
    );
    settleStreams(connection);
    return connection;
  }
}

/**
 * jsforce's `request(…).stream()` drops the promise beside it, so that a failure would be an unhandled rejection, which
 * ends the process, while the reader of the stream waits for ever. Whoever takes the stream gets the failure from it.
 */
function settleStreams(connection: Connection): void {
  const request = connection.request.bind(connection);
  connection.request = <Result>(...parameters: Parameters<typeof request>) => {
    const answer = request<Result>(...parameters);
    const open = answer.stream.bind(answer);
    answer.stream = () => {
      const stream = open();
      answer.catch((error: Error) => stream.destroy(error));
      return stream;
    };
    return answer;
  };
}
