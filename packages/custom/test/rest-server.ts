import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import {
  type CustomConfigurationInput,
  type CustomConnector,
  type CustomOptions,
  createCustomConnector,
} from "../src/index.js";

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An answer; `body` is sent as JSON, a text as it is. */
export interface RestAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: unknown;
}

/** A REST API on a loopback port, as a test writes it. */
export interface RestServer extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly requests: SeenRequest[];
  /** A connector to it; `configuration` is beside what every one needs. */
  connector(configuration?: Partial<CustomConfigurationInput>, options?: Partial<CustomOptions>): CustomConnector;
}

/** Starts one. */
export async function startRestServer(answer: (request: SeenRequest) => RestAnswer): Promise<RestServer> {
  const requests: SeenRequest[] = [];
  const connectors: CustomConnector[] = [];
  const server = createServer(async (request, response) => {
    const target = request.url ?? "/";
    const { pathname: path, searchParams: query } = new URL(target, "http://rest.invalid");
    const seen = {
      method: request.method ?? "",
      target,
      path,
      query,
      headers: request.headers,
      body: await text(request),
    };
    requests.push(seen);
    const { status = 200, headers = {}, body } = answer(seen);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  return {
    url,
    host,
    requests,
    connector(configuration = {}, options = {}) {
      const connector = createCustomConnector({
        configuration: { baseUrl: url, test: { path: "/me" }, operations: [ping], ...configuration },
        allowedPrivateHosts: [host],
        ...options,
      });
      connectors.push(connector);
      return connector;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(connectors.map((connector) => connector.close()));
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An operation that every configuration may have. */
export const ping = {
  name: "ping",
  summary: "Asks whether it is there.",
  kind: "read",
  method: "GET",
  path: "/ping",
} as const;
