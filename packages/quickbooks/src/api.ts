import {
  ConnectorError,
  type ConnectorRequest,
  type HttpMethod,
  isConnectorError,
  RateLimitError,
  type ResponseHeaders,
  type TransportResponse,
  type TransportStreamResponse,
} from "@isthmus/core";
import { parseAnswerBody } from "./answer-body.js";
import { isMonthlyBlock, isThrottled, mapFailure, throttlePauseMs } from "./errors.js";
import { readFault } from "./fault.js";
import type { RealmGate } from "./realm-gate.js";

/** One request, before it has a token and a company. */
export interface ApiRequest {
  /** For messages, metrics and log lines, such as `Invoice.create`. */
  readonly name: string;
  readonly method: HttpMethod;
  /** Path below the company, `/invoice/12`; or a full URL, for the Payments API. */
  readonly path: string;
  /** Query parameters; `undefined` ones are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Batches have a limit of their own. */
  readonly kind?: "call" | "batch";
  readonly signal?: AbortSignal;
}

/** An answer, whatever it says. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** As `parseAnswerBody` gives it. */
  readonly body: unknown;
}

/** What an {@link Api} works with. */
export interface ApiParts {
  readonly minorVersion: number;
  /** Sends with a valid token; every status is an answer. */
  send(request: ConnectorRequest): Promise<TransportResponse>;
  /** The same, with the answer's body as a stream. */
  stream(request: ConnectorRequest): Promise<TransportStreamResponse>;
  /** What keeps to the limits of the company. */
  throttle(signal: AbortSignal): Promise<RealmGate>;
  now(): number;
  /** Ends all work of the connector. */
  readonly signal: AbortSignal;
}

/** After being sent away this many times in a row the caller hears of it. */
const mostThrottled = 3;

/** Requests to Intuit's APIs: within the company's limits, with faults recognised wherever they stand. */
export class Api {
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  /** Reads; repeated as far as that may help. @throws {ConnectorError} what the answer means when it is a failure. */
  async read(request: ApiRequest): Promise<unknown> {
    const sent = { ...request, idempotent: true };
    return this.#assertGood(await this.exchange(sent), sent);
  }

  /** Sends once, and again after a throttling that passes: nothing was done then. Every other status is an answer. */
  async exchange(
    request: ApiRequest & { readonly idempotent: boolean; readonly maxAttempts?: number },
  ): Promise<ApiAnswer> {
    const response = await this.#throttled(request, async (prepared) => {
      const { status, headers, body } = await this.#parts.send(prepared);
      return { status, headers, body: parseAnswerBody(body) };
    });
    return response;
  }

  /** Reads bytes as a stream. The caller reads it to its end or destroys it. @throws {ConnectorError} as {@link Api.read} */
  async stream(request: ApiRequest): Promise<TransportStreamResponse> {
    const sent = { ...request, idempotent: true };
    let opened: TransportStreamResponse | undefined;
    const answer = await this.#throttled(sent, async (prepared) => {
      const response = await this.#parts.stream(prepared);
      if (response.status >= 200 && response.status < 300) {
        opened = response;
        return { status: response.status, headers: response.headers, body: undefined };
      }
      return { status: response.status, headers: response.headers, body: parseAnswerBody(await readSmall(response)) };
    });
    if (opened !== undefined) return opened;
    throw this.failure(answer, sent);
  }

  /** Whether an answer is a success: a fault may come with status 200. */
  isGood({ status, headers, body }: ApiAnswer): boolean {
    return status >= 200 && status < 300 && readFault(body, headers, status) === undefined;
  }

  /** What a failed answer means. */
  failure(
    answer: ApiAnswer,
    request: Pick<ApiRequest, "name" | "method"> & { readonly idempotent: boolean },
  ): ConnectorError {
    return mapFailure(answer, request, this.#parts.now());
  }

  #assertGood(answer: ApiAnswer, request: ApiRequest & { readonly idempotent: boolean }): unknown {
    if (!this.isGood(answer)) throw this.failure(answer, request);
    return requireJson(answer, request.name);
  }

  async #throttled(
    request: ApiRequest & { readonly idempotent: boolean; readonly maxAttempts?: number },
    send: (prepared: ConnectorRequest) => Promise<ApiAnswer>,
  ): Promise<ApiAnswer> {
    const { kind = "call", signal = this.#parts.signal } = request;
    const throttle = await this.#parts.throttle(signal);
    const prepared = this.#prepare(request);
    for (let round = 1; ; round += 1) {
      const answer = await throttle
        .run(kind, signal, (budget) => send({ ...prepared, ...(budget && { budget }) }))
        .catch((error: unknown) => {
          if (isConnectorError(error) || !signal.aborted) throw error;
          throw new ConnectorError("CANCELLED", `${request.name} was ended while it waited for its turn.`, {
            cause: error,
          });
        });
      if (!isThrottled(answer)) return answer;
      if (isMonthlyBlock(answer)) return answer;
      const failure = this.failure(answer, request);
      throttle.pause(failure instanceof RateLimitError ? (failure.retryAfterMs ?? throttlePauseMs) : throttlePauseMs);
      if (round === mostThrottled) return answer;
    }
  }

  #prepare({
    path,
    query = {},
    headers,
    body,
    kind: _kind,
    signal,
    ...rest
  }: ApiRequest & { readonly idempotent: boolean; readonly maxAttempts?: number }): ConnectorRequest {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
    if (path.startsWith("/")) parameters.set("minorversion", String(this.#parts.minorVersion));
    const text = parameters.toString();
    return {
      ...rest,
      path: text === "" ? path : `${path}?${text}`,
      headers: { accept: "application/json", ...headers },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    };
  }
}

/**
 * The JSON of a successful answer.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for anything else, such as the page of a gateway with status 200.
 */
export function requireJson({ status, headers, body }: ApiAnswer, name: string): unknown {
  if (body !== undefined) return body;
  const type = headers["content-type"];
  const what =
    typeof type === "string" && /^[\w/+.-]+/.test(type) ? (/^[\w/+.-]+/.exec(type)?.[0] ?? "") : "no content type";
  throw new ConnectorError("UNEXPECTED_RESPONSE", `QuickBooks answered ${name} with ${what} instead of JSON.`, {
    vendor: { status },
  });
}

const longestFault = 64 * 1024;

async function readSmall({ body }: TransportStreamResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longestFault) break;
  }
  return Buffer.concat(chunks);
}
