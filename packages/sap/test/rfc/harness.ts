import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTransport, type Transport } from "@isthmus/core";
import { onTestFinished } from "vitest";
import type { SapHttp } from "../../src/http/sap-http.js";
import { FunctionModules, type FunctionModulesParts } from "../../src/rfc/function-modules.js";

export const now = () => Date.UTC(2026, 10, 26);

/** A listening server of a test's own; it ends with the test. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One request as the stub saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the stub answers. */
export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Cuts the connection instead. */
  readonly cut?: boolean;
}

/** A raw server that answers what a test says. */
export async function startStub(answer: (request: SeenRequest) => StubAnswer) {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    const seen = { method, path, headers, body: Buffer.concat(chunks).toString() };
    requests.push(seen);
    const { status = 200, headers: given = { "content-type": "text/xml" }, body = "", cut } = answer(seen);
    if (cut) response.destroy();
    else response.writeHead(status, given).end(body);
  });
  return { origin: await listen(server), requests };
}

export function transportTo(...origins: readonly string[]): Transport {
  const hosts = origins.map((origin) => new URL(origin).host);
  const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: hosts, retry: { baseMs: 1, capMs: 1 } });
  onTestFinished(() => transport.close());
  return transport;
}

export function httpOver(transport: Transport, origin: string, headers: Record<string, string> = {}): SapHttp {
  const toUrl = (path: string) => new URL(path, origin).href;
  return {
    request: ({ path, csrfRoot: _root, ...rest }) =>
      transport.request({ ...rest, url: toUrl(path), headers: { ...rest.headers, ...headers } }),
    stream: ({ path, csrfRoot: _root, ...rest }) => transport.stream({ ...rest, url: toUrl(path) }),
    refuseLogon: () => undefined,
  };
}

/** The function modules of a system at that address. */
export function modulesAt(origin: string, parts: Partial<FunctionModulesParts> & { imports?: readonly string[] } = {}) {
  const { imports = [], ...given } = parts;
  const transport = transportTo(origin, ...imports);
  const http = httpOver(transport, origin);
  return new FunctionModules({ http, transport, origin, allowed: ["Z_*", "RFC_*", "BAPI_*"], now, ...given });
}
