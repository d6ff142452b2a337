import { Readable } from "node:stream";
import {
  type ConnectorError,
  type ConnectorRequest,
  ForbiddenTargetError,
  type TransportResponse,
  type TransportStreamResponse,
} from "@isthmus/core";
import type { FailedAnswer, FailedRequest } from "../errors/map-sap-failure.js";
import type { SapHttp, SapRequest } from "../http/sap-http.js";
import type { LogonGate } from "../logon/logon-gate.js";
import { SessionCookies } from "./cookies.js";
import { CsrfTokens, isCsrfRefusal } from "./csrf-tokens.js";

/** What a session is made of. */
export interface HttpSessionParts {
  /** Origin of the system. */
  readonly baseUrl: string;
  /** `sap-client`: three digits. */
  readonly client?: string | undefined;
  /** `sap-language`: two letters. */
  readonly language?: string | undefined;
  /** Sends with credentials; any status is an answer. */
  send(request: ConnectorRequest): Promise<TransportResponse>;
  /** The same with the body as a stream. */
  stream(request: ConnectorRequest): Promise<TransportStreamResponse>;
  /** What a 401 means for the logon that is in use. */
  refuse(answer: FailedAnswer, request: FailedRequest): ConnectorError;
  /** Missing: a refused logon does no harm, and is tried as often as it is asked for. */
  readonly gate?: LogonGate | undefined;
  readonly now: () => number;
  /** Whether it has a context of the system's memory to itself: one request at a time. Default false. */
  readonly isStateful?: boolean;
}

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** A path that may name `sap-client` or `sap-language` already, or that text cannot simply be added to. */
const mayNameOptions = /[#%\s]|sap-|[?&]$/i;

/** One session with one system: its cookies, and the CSRF tokens that belong to them. */
export class HttpSession implements SapHttp {
  readonly #parts: HttpSessionParts;
  readonly #cookies: SessionCookies;
  readonly #tokens: CsrfTokens;
  /** `sap-client` and `sap-language`, as they stand in a query. */
  readonly #own: string;
  #lastPath: string | undefined;
  /** The context that a request of ours has ended already. */
  #ended: string | undefined;

  constructor(parts: HttpSessionParts) {
    this.#parts = parts;
    const { client, language } = parts;
    this.#own = [client && `sap-client=${client}`, language && `sap-language=${language}`].filter(Boolean).join("&");
    this.#cookies = new SessionCookies(parts.isStateful ?? false);
    this.#tokens = new CsrfTokens((request) => this.#exchange(request, parts.send), parts.now);
  }

  /** See {@link SapHttp.request}. */
  request(request: SapRequest): Promise<TransportResponse> {
    return this.#withToken(request, this.#parts.send);
  }

  /** See {@link SapHttp.stream}. A body that is a stream is sent once: a stale CSRF token is then the answer. */
  stream(request: SapRequest): Promise<TransportStreamResponse> {
    return this.#withToken(request, this.#parts.stream);
  }

  /** See {@link SapHttp.refuseLogon}. */
  refuseLogon(): void {
    this.#parts.gate?.refuse();
  }

  /** Names of the session's cookies. */
  cookieNames(): readonly string[] {
    return this.#cookies.names(this.#parts.baseUrl);
  }

  /**
   * Ends a stateful session at the system, so that its memory is free before its timeout. Does nothing where none was begun, or its last
   * request has ended it.
   * @see https://help.sap.com/saphelp_470/helpdata/EN/ce/3dd23a09313b37e10000000a11405a/content.htm (sap-sessioncmd)
   */
  async end(): Promise<void> {
    const context = this.contextId();
    if (context === undefined || context === this.#ended || this.#lastPath === undefined) return;
    const path = `${this.#lastPath}?sap-sessioncmd=close`;
    await this.#exchange({ method: "GET", path, name: "session.close", maxAttempts: 1 }, this.#parts.send);
  }

  /** See {@link SapSession.contextId}. */
  contextId(): string | undefined {
    return this.#cookies.contextId(this.#parts.baseUrl);
  }

  async #withToken<Response extends TransportResponse | TransportStreamResponse>(
    request: SapRequest,
    send: (request: ConnectorRequest) => Promise<Response>,
  ): Promise<Response> {
    const { csrfRoot, signal } = request;
    if (csrfRoot === undefined || safeMethods.has(request.method)) return this.#exchange(request, send);
    const token = await this.#tokens.get(csrfRoot, signal);
    const response = await this.#exchange(addToken(request, token), send);
    if (!isCsrfRefusal(response)) return response;
    const renewed = await this.#tokens.renew(csrfRoot, token, signal);
    // Once: a system that refuses a fresh token too has lost the session, and would do so again.
    if (renewed === undefined || isSpent(request)) return response;
    if (response.body instanceof Readable) response.body.destroy();
    return this.#exchange(addToken(request, renewed), send);
  }

  async #exchange<Response extends TransportResponse | TransportStreamResponse>(
    request: SapRequest,
    send: (request: ConnectorRequest) => Promise<Response>,
  ): Promise<Response> {
    const { csrfRoot: _csrfRoot, path, ...rest } = request;
    const { gate } = this.#parts;
    const url = this.#address(path);
    this.#lastPath = url.pathname;
    const cookie = this.#cookies.headerFor(url.href);
    const headers = { ...rest.headers, ...(cookie !== undefined && { cookie }) };
    const exchange = () => send({ ...rest, headers, path: url.href.slice(url.origin.length) });
    const context = this.contextId();
    const response = await (gate ? gate.pass(exchange) : exchange());
    if (response.status < 300 && endsSession(url)) this.#ended = context;
    this.#cookies.accept(url.href, response.headers);
    if (response.status === 401) throw this.#refuse(response, request);
    return response;
  }

  #refuse({ status, headers, body }: TransportResponse | TransportStreamResponse, request: SapRequest): ConnectorError {
    if (!(body instanceof Readable)) return this.#parts.refuse({ status, headers, body }, request);
    body.destroy();
    return this.#parts.refuse({ status, headers }, request);
  }

  #address(path: string): URL {
    const { baseUrl, client, language } = this.#parts;
    const isPlain = !mayNameOptions.test(path);
    const url = URL.parse(isPlain ? addQuery(path, this.#own) : path, baseUrl);
    // The logon goes with every request: hosts of WSDLs and tokens are allowed too, and have no business with it.
    if (url?.origin !== baseUrl) throw new ForbiddenTargetError("The address does not lead to the system's host.");
    if (isPlain) return url;
    const given = new URLSearchParams(url.search);
    const added = [
      ...(client !== undefined && !given.has("sap-client") ? [`sap-client=${client}`] : []),
      ...(language !== undefined && !given.has("sap-language") ? [`sap-language=${language}`] : []),
    ];
    // Appended as text: a parser of queries would write `$filter` and its blanks in another way than the caller did.
    if (added.length > 0) url.search = [url.search.slice(1), ...added].filter((part) => part !== "").join("&");
    return url;
  }
}

function addToken(request: SapRequest, token: string | undefined): SapRequest {
  return token === undefined ? request : { ...request, headers: { ...request.headers, "x-csrf-token": token } };
}

function isSpent({ body }: SapRequest): boolean {
  return typeof body === "object" && !(body instanceof Uint8Array);
}

function addQuery(path: string, query: string): string {
  return query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

function endsSession(url: URL): boolean {
  return /sessioncmd|%/i.test(url.search) && url.searchParams.get("sap-sessioncmd") === "close";
}
