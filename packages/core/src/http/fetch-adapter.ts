import { Readable } from "node:stream";
import { ConnectorError, ValidationError } from "../errors/index.js";
import { type HttpMethod, httpMethods, type ResponseHeaders, type Transport } from "./types.js";

/** What of `fetch`'s options the adapter takes: those that `openid-client` sends. */
export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams | Uint8Array | ArrayBuffer | ReadableStream | null;
  /** Redirects are never followed, whatever it says. */
  readonly redirect?: "manual" | "error" | "follow";
  readonly signal?: AbortSignal;
  readonly duplex?: "half";
}

/** A function of `fetch`'s shape. */
export type TransportFetch = (url: string, options?: FetchOptions) => Promise<Response>;

/**
 * A `fetch` that goes through `transport`, for libraries that take one: `openid-client`'s `customFetch`. Guards, limits,
 * timeouts and repeats are the transport's, so a token request (POST) that may have been sent is not sent again.
 *
 * @param preferences - `name` is the request's name in metrics; `maxAttempts` overrides the transport's.
 * @throws {ConnectorError} what the transport throws, not `fetch`'s TypeError.
 */
export function transportFetch(
  transport: Transport,
  preferences: { readonly name?: string; readonly maxAttempts?: number } = {},
): TransportFetch {
  return async (url, options = {}) => {
    const { headers, signal } = options;
    const { body, contentType } = toBody(options.body);
    const answer = await transport.request({
      ...preferences,
      method: toMethod(options.method ?? "GET"),
      url,
      headers: mergeHeaders(contentType, headers),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
    // The constructor refuses these statuses with a body, and anything beyond 599.
    if (answer.status > 599) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", `The answer's status ${answer.status} is not one of HTTP's.`);
    }
    const isBodiless = answer.status === 204 || answer.status === 205 || answer.status === 304;
    return new Response(isBodiless ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: toHeaders(answer.headers),
    });
  };
}

function toMethod(text: string): HttpMethod {
  const method = httpMethods.find((known) => known === text.toUpperCase());
  if (method === undefined)
    throw new ValidationError("The request cannot be sent: its method is not one that is known.");
  return method;
}

function toBody(body: FetchOptions["body"]): { body?: string | Uint8Array | Readable; contentType?: string } {
  if (body === undefined || body === null) return {};
  if (body instanceof URLSearchParams) {
    return { body: body.toString(), contentType: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body) };
  if (body instanceof ReadableStream) return { body: Readable.from(body) };
  return { body };
}

function mergeHeaders(contentType: string | undefined, headers: FetchOptions["headers"]): Record<string, string> {
  // Names in any case are the same name: `Headers` knows that.
  const merged = new Headers(headers);
  if (contentType !== undefined && !merged.has("content-type")) merged.set("content-type", contentType);
  return Object.fromEntries(merged);
}

function toHeaders(headers: ResponseHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const single of Array.isArray(value) ? value : [value ?? ""]) result.append(name, single);
  }
  return result;
}
