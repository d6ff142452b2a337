import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { RequestKind, StandIn, StandInFault, StandInOptions } from "../harness.js";
import { FaultQueue } from "./fault-queue.js";
import { Grants, vendorAccounts } from "./grants.js";
import type { VendorCards } from "./vendor-cards.js";
import type { VendorImport } from "./vendor-imports.js";
import type { VendorAnswer, VendorRequest } from "./vendor-messages.js";
import { answerRequest } from "./vendor-routes.js";

/** A small vendor of notes on a loopback port: OAuth, basic authentication, notes and imports of notes, and faults on demand. */
export class ReferenceVendor implements StandIn {
  /** What it has granted. */
  readonly grants = new Grants();
  /** Records that are written in bulk. */
  readonly cards: VendorCards = { byId: new Map(), answers: new Map() };
  /** What lists of notes name as their next page. Default: there is none. */
  nextPage: string | null = null;
  readonly settings: StandIn["settings"];
  readonly environment: StandIn["environment"];
  readonly #server: Server;
  readonly #faults = new FaultQueue();
  readonly #closing = new AbortController();
  readonly #notes: string[] = ["Buy milk", "Call Ada"];
  readonly #imports = new Map<string, VendorImport>();

  private constructor(server: Server, credentials: unknown, options: StandInOptions) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    const host = `127.0.0.1:${port}`;
    this.settings = {
      credentials,
      configuration: {
        baseUrl: `http://${host}`,
        ...(options.requestTimeoutMs !== undefined && { timeoutMs: options.requestTimeoutMs }),
      },
    };
    this.environment = { allowedPrivateHosts: [host] };
    server.on("request", (request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(asError(error)));
    });
  }

  /** Starts one on a free port; `credentials` are those that its connector is given. */
  static async start(credentials: unknown, options: StandInOptions): Promise<ReferenceVendor> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ReferenceVendor(server, credentials, options);
  }

  fail(fault: StandInFault): void {
    this.#faults.add(fault);
  }

  count(kind: RequestKind): number {
    return this.#faults.count(kind);
  }

  secrets(): readonly string[] {
    return [vendorAccounts.clientSecret, vendorAccounts.password];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://vendor.invalid");
    const method = request.method ?? "GET";
    const fault = this.#faults.take(kindOf(method, url.pathname));
    const body = await text(request);
    if (fault?.kind === "delay") await this.#wait(fault.delayMs);
    if (fault?.kind === "cut_before") {
      response.destroy();
      return;
    }
    const asked: VendorRequest = { method, url, body, authorization: request.headers.authorization };
    const answer: VendorAnswer =
      fault?.kind === "status"
        ? { status: fault.status, headers: fault.headers, body: faultBody(fault.status, asked) }
        : answerRequest(asked, {
            grants: this.grants,
            notes: this.#notes,
            nextPage: this.nextPage,
            imports: this.#imports,
            cards: this.cards,
          });
    send(response, answer, fault);
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#closing;
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      // Closing ends the wait: nobody is left to answer to.
      if (!signal.aborted) throw error;
    }
  }
}

function kindOf(method: string, path: string): RequestKind {
  if (path === "/oauth/token") return "token";
  if (path === "/oauth/revoke") return "revoke";
  if (path === "/api/notes") return method === "POST" ? "write" : "read";
  return "any";
}

/** The vendor repeats the caller's header in its error, as some do: whoever quotes a vendor has to be careful. */
function faultBody(status: number, request: VendorRequest): unknown {
  const message = `Refused ${request.method} ${request.url.pathname} with authorization: ${request.authorization ?? "none"}`;
  return { error: { code: `E${status}`, message } };
}

function send(response: ServerResponse, answer: VendorAnswer, fault: StandInFault | undefined): void {
  const body = Buffer.from(answer.body === undefined ? "" : JSON.stringify(answer.body));
  if (fault?.kind === "cut_after" || (fault?.kind === "cut_body" && body.length === 0)) {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, {
    ...(body.length > 0 && { "content-type": "application/json" }),
    "content-length": body.length,
    ...answer.headers,
  });
  if (fault?.kind !== "cut_body") {
    response.end(body);
    return;
  }
  // The whole length was promised; the first half has to leave before the connection goes.
  response.write(body.subarray(0, Math.ceil(body.length / 2)), () => setImmediate(() => response.destroy()));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
