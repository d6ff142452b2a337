import { PassThrough, Readable } from "node:stream";
import {
  type AccessToken,
  ConnectorError,
  type ConnectorRequest,
  ForbiddenTargetError,
  type HttpMethod,
  type TransportResponse,
} from "@isthmus/core";
import type { Connection, HttpRequest, HttpRequestOptions, HttpResponse } from "jsforce";
import { ExchangeStream } from "./exchange-stream.js";

type JsforceTransport = Connection["_transport"];
type StreamPromise = ReturnType<JsforceTransport["httpRequest"]>;

/** What a transport for jsforce works with. */
export interface JsforceTransportOptions {
  /** jsforce builds its addresses on it. */
  readonly instanceUrl: string;
  /** What jsforce takes for the token. The token goes in its place. */
  readonly session: string;
  /** Sends with the connector's token, renewing a refused one once. */
  send(request: ConnectorRequest): Promise<TransportResponse>;
  mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError;
  /** @param notVersion - The version of a token that Salesforce has just refused. */
  accessToken(notVersion?: number): Promise<AccessToken>;
  /** Name and signal of the call at work, where there is one. */
  scope(): { readonly name?: string; readonly signal?: AbortSignal } | undefined;
}

/**
 * A transport for jsforce that answers from the connector's own. jsforce keeps what it knows of the API and loses what its
 * network code gets wrong: retries that ignore `Retry-After`, a refresh without end, redirects that carry the token to
 * other hosts, a body cut off that ends the process.
 */
export function createJsforceTransport(options: JsforceTransportOptions): JsforceTransport {
  return {
    httpRequest(request, httpOptions) {
      const stream = new ExchangeStream();
      const scope = options.scope();
      return toStreamPromise(exchange(options, request, stream, { ...scope, ...httpOptions }), stream);
    },
    getRequestStreamCreator: () => refuse("jsforce's own network code is not used."),
  };
}

/** A transport that sends nothing. Every request is refused with `UNSUPPORTED` and this explanation. */
export function createRefusingTransport(explanation: string): JsforceTransport {
  return {
    httpRequest: () =>
      toStreamPromise(Promise.reject(new ConnectorError("UNSUPPORTED", explanation)), new ExchangeStream()),
    getRequestStreamCreator: () => refuse(explanation),
  };
}

async function exchange(
  options: JsforceTransportOptions,
  request: HttpRequest,
  stream: ExchangeStream,
  scope: HttpRequestOptions & { readonly name?: string; readonly signal?: AbortSignal },
): Promise<HttpResponse> {
  const body = readBody(request, stream);
  const { name = "jsforce", signal } = scope;
  const { session } = options;
  const prepare = (token: AccessToken): ConnectorRequest => ({
    name,
    method: request.method satisfies HttpMethod,
    path: toPath(request.url, options, token),
    headers: fillHeaders(request.headers, session, token),
    ...(body !== undefined && { body: typeof body === "string" ? fillSession(body, session, token) : body }),
    ...(signal && { signal }),
  });
  const token = await options.accessToken();
  let sent = prepare(token);
  let response = await options.send(sent);
  if (typeof body === "string" && body.includes(session) && isSessionFault(response)) {
    sent = prepare(await options.accessToken(token.version));
    response = await options.send(sent);
  }
  if (response.status < 200 || response.status >= 300) throw options.mapFailure(response, sent);
  stream.answer(response.body);
  const text = scope.encoding ? response.body.toString(scope.encoding) : response.text();
  return { statusCode: response.status, headers: flattenHeaders(response), body: text };
}

/**
 * Only where the token belongs: the instance, and the identity service that came with the token. jsforce puts the session
 * into the identity's address; the real one goes in the header.
 */
function toPath(url: string, { instanceUrl, session }: JsforceTransportOptions, token: AccessToken): string {
  const address = url.replace(`&oauth_token=${session}`, "");
  if (address.startsWith(`${instanceUrl}/`)) return address.slice(instanceUrl.length);
  const target = URL.parse(address);
  const identity = URL.parse(token.attributes.id ?? "");
  if (target !== null && identity !== null && target.origin === identity.origin) return address;
  throw new ForbiddenTargetError("jsforce was asked for an address outside the connected organisation.");
}

/** The connector sets the authorization and undici the length: those of jsforce are of the placeholder. */
function fillHeaders(
  headers: HttpRequest["headers"] = {},
  session: string,
  token: AccessToken,
): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !/^(authorization|content-length)$/i.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), fillSession(value, session, token)]));
}

function fillSession(text: string, session: string, token: AccessToken): string {
  // By a function: "$&" and its like mean something in a text.
  return text.replaceAll(session, () => token.value);
}

/** SOAP tells of an ended session with status 500, which no one else would try again with a fresh token. */
function isSessionFault(response: TransportResponse): boolean {
  return response.status === 500 && /<faultcode>[^<]*INVALID_SESSION_ID</.test(response.text());
}

/**
 * The body in a form that our transport takes. A writing request without the property `body` gets its body through the
 * stream, which is how jsforce's bulk loaders send.
 */
function readBody(request: HttpRequest, stream: ExchangeStream): string | Uint8Array | Readable | undefined {
  const { body, method } = request;
  if (!("body" in request) && /^(POST|PUT|PATCH)$/.test(method)) return stream.input();
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body instanceof URLSearchParams) return body.toString();
  if ("getBuffer" in body) return body.getBuffer();
  return body instanceof Readable ? body : body.pipe(new PassThrough());
}

function flattenHeaders({ headers }: TransportResponse): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

/** jsforce's form of an answer: a promise of the whole, with a stream of the body beside it. */
function toStreamPromise(promise: Promise<HttpResponse>, stream: ExchangeStream): StreamPromise {
  return Object.assign(promise, { stream: () => stream });
}

function refuse(explanation: string): never {
  throw new ConnectorError("UNSUPPORTED", explanation);
}
