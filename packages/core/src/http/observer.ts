import type { ConnectorErrorCode } from "../errors/index.js";
import type { HttpMethod } from "./types.js";

/**
 * One try, as it begins. There is no path, no query, no header and no body in it: vendors put record ids, queries and
 * even session ids there. `name` says what the request is for.
 */
export interface AttemptStarted {
  /** The request's `name`, such as `records.create`. */
  readonly name: string | undefined;
  readonly method: HttpMethod;
  /** Scheme, host and port. */
  readonly origin: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** One try, once its answer is read to the end or it has failed. */
export interface AttemptEnded extends AttemptStarted {
  /** HTTP status; `undefined` when no answer came. */
  readonly status: number | undefined;
  /** Why it failed; `undefined` when there is an answer, whatever its status. */
  readonly errorCode: ConnectorErrorCode | undefined;
  /** Milliseconds from the start of the try until the answer's headers; `undefined` when none came. */
  readonly headersMs: number | undefined;
  /** Milliseconds from the start of the try to its end, waiting for a free connection excluded. */
  readonly durationMs: number;
}

/** Hooks for tracing and metrics. What they throw is logged and changes nothing. */
export interface TransportObserver {
  attemptStarted?(event: AttemptStarted): void;
  attemptEnded?(event: AttemptEnded): void;
}
