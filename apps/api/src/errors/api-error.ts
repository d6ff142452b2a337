import type { ValidationIssue } from "@isthmus/core";
import type { ApiErrorCode } from "./codes.js";

/** What an {@link ApiError} may carry beside code and message. */
export interface ApiErrorOptions extends ErrorOptions {
  /** Which fields of the request it is about. */
  readonly issues?: readonly ValidationIssue[];
  /** Whether the same call may succeed later. Default: only what says so by its code. */
  readonly retryable?: boolean;
  /** Milliseconds after which it may, for `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
}

/** Codes of what passes by itself. */
const passing: ReadonlySet<ApiErrorCode> = new Set([
  "DATABASE_UNAVAILABLE",
  "DELIVERY_NOT_STORED",
  "SHUTTING_DOWN",
  "TOO_MANY_REQUESTS",
]);

/** A failure of the service's own: its message is for the caller and holds no secret. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;
  readonly issues: readonly ValidationIssue[];
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryable = options.retryable ?? passing.has(code);
    this.retryAfterMs = options.retryAfterMs;
  }
}
