import type { Readable } from "node:stream";
import type { CallBudget } from "./call-budget.js";

/** Methods that a vendor's API may want. MERGE is OData v2's. */
export const httpMethods = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH", "MERGE"] as const;

/** One of {@link httpMethods}. */
export type HttpMethod = (typeof httpMethods)[number];

/** Response headers, names in lower case. A header that came several times is an array. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** How long each step may take, in milliseconds. */
export interface TransportTimeouts {
  /** Until the connection, TLS included, stands. Default 10 000. */
  readonly connectMs: number;
  /** From the request being sent until the response's headers. Default 30 000. */
  readonly headersMs: number;
  /** Between two pieces of the response's body. Default 30 000. */
  readonly bodyMs: number;
}

/** One request to a vendor. */
export interface TransportRequest {
  readonly method: HttpMethod;
  /** Absolute. Its host has to be one of the transport's allowed hosts. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream or an iterable can be sent only once, so a request with one is never repeated. */
  readonly body?: string | Uint8Array | Readable | AsyncIterable<Uint8Array>;
  /**
   * Whether sending it twice has the effect of sending it once. Only then is it repeated after it may have reached the
   * vendor; otherwise such a failure is an `OUTCOME_UNKNOWN`. Default by method: true for GET, HEAD, OPTIONS, PUT and
   * DELETE.
   * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
   */
  readonly idempotent?: boolean;
  /** How the result of this write can be looked up, in words for a person; goes into `OutcomeUnknownError.reconcile`. */
  readonly reconcile?: string;
  readonly timeouts?: Partial<TransportTimeouts>;
  /** Largest body accepted, in bytes. Default: the transport's, 32 MiB. A streamed body has no limit unless one is given. */
  readonly maxResponseBytes?: number;
  /** How often it is sent at most, the first time included. Default: the transport's, 4. */
  readonly maxAttempts?: number;
  /**
   * Ends the request at once, also while it waits: `CANCELLED`, or `OUTCOME_UNKNOWN` when it is not idempotent and may have
   * been sent already.
   */
  readonly signal?: AbortSignal;
  /** What gives leave to each try, in place of the transport's own rate. Default: the transport's `budget`, if it has one. */
  readonly budget?: CallBudget;
  /** What the request is for, such as `records.create`: for metrics and log lines. */
  readonly name?: string;
}

/** A whole answer. Any status is an answer: turning one into an error is the vendor's business. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Buffer;
  /** The body as UTF-8. */
  text(): string;
  /**
   * The body as JSON.
   * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is not JSON, naming the content type.
   */
  json(): unknown;
  /**
   * The body as JSON, `undefined` when it is something else. For reading failures: a gateway's HTML is as likely there as
   * the vendor's own words, and must not hide what the status says.
   */
  tryJson(): unknown;
}

/** An answer whose body has not been read. The caller has to read the body to its end or destroy it. */
export interface TransportStreamResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Fails with a `ConnectorError` when the connection is cut or the body stalls. */
  readonly body: Readable;
}

/** What may be used by a number of callers at once, such as connections, as it is now: for metrics. */
export interface PoolStatus {
  /** Stable: `connections`, or a connector's own, such as `sessions`. */
  readonly name: string;
  /** There, in use or kept for the next caller. */
  readonly open: number;
  /** In use. */
  readonly busy: number;
  /** Callers that wait for one. */
  readonly waiting: number;
}

/** The one way by which bytes go to a vendor. */
export interface Transport {
  /**
   * Sends a request and reads the whole answer, repeating what is safe to repeat.
   *
   * @throws {ForbiddenTargetError} before anything is sent, when the address is not allowed.
   * @throws {TransientError} `CONNECTION_FAILED`, `TIMEOUT` or `RESPONSE_CUT` once no further try is left.
   * @throws {OutcomeUnknownError} when a request that is not idempotent may have reached the vendor.
   */
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Like {@link Transport.request}, but hands the body over as a stream; repeats nothing once the headers are there. */
  stream(request: TransportRequest): Promise<TransportStreamResponse>;
  /**
   * Refuses an address by what it says of itself, before any name is resolved: for URLs that a vendor or a person sent.
   * @throws {ForbiddenTargetError}
   */
  assertAllowed(url: string): void;
  /** What its connections are doing, those to all origins together; the name is `connections`. */
  pool(): PoolStatus;
  /** Ends idle connections at once, waits for those at work. Afterwards every request fails. */
  close(): Promise<void>;
}
