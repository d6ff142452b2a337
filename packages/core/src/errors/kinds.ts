import { ConnectorError, type ConnectorErrorOptions, type VendorFault } from "./connector-error.js";

/** One thing that is wrong with an input. */
export interface ValidationIssue {
  /** Dotted path of the field, `""` for the whole input. */
  readonly path: string;
  /** What is expected there. Never repeats the value: it may be a secret. */
  readonly message: string;
}

/** The caller's input does not fit. Nothing was sent to the vendor. Code `VALIDATION_FAILED`. */
export class ValidationError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "ValidationError";
  /** One for each field that is wrong. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, issues: readonly ValidationIssue[] = [], options?: ConnectorErrorOptions) {
    super("VALIDATION_FAILED", message, options);
    this.issues = issues;
  }
}

/** The vendor does not accept who we are. `reconnectRequired` when only a person can mend it. */
export class AuthenticationError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "AuthenticationError";
  /** Whether only a person can mend it, by connecting again. */
  readonly reconnectRequired: boolean;

  constructor(message: string, options: ConnectorErrorOptions & { readonly reconnectRequired?: boolean } = {}) {
    super(options.reconnectRequired ? "RECONNECT_REQUIRED" : "AUTHENTICATION_FAILED", message, options);
    this.reconnectRequired = options.reconnectRequired ?? false;
  }
}

/** A limit of the vendor's: `RATE_LIMITED` for seconds or minutes, `QUOTA_EXHAUSTED` for hours or longer. */
export class RateLimitError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "RateLimitError";
  /** Milliseconds until a new try makes sense; `undefined` when the vendor does not tell. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: ConnectorErrorOptions & { readonly retryAfterMs?: number; readonly quota?: boolean } = {},
  ) {
    super(options.quota ? "QUOTA_EXHAUSTED" : "RATE_LIMITED", message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Codes of failures that pass by themselves. */
export type TransientErrorCode = "VENDOR_UNAVAILABLE" | "CONNECTION_FAILED" | "TIMEOUT" | "RESPONSE_CUT";

/** A failure that passes by itself: the same call is safe to make again later. */
export class TransientError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "TransientError";
  constructor(code: TransientErrorCode, message: string, options?: ConnectorErrorOptions) {
    super(code, message, { ...options, retryable: true });
  }
}

/** The vendor understood the request and refused it. Code `VENDOR_REJECTED`; `vendor` is always there. */
export class VendorError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "VendorError";
  constructor(message: string, options: ConnectorErrorOptions & { readonly vendor: VendorFault }) {
    super("VENDOR_REJECTED", message, options);
  }
}

/** The record changed meanwhile, exists already, or matches several. Code `CONFLICT`. */
export class ConflictError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "ConflictError";
  constructor(message: string, options?: ConnectorErrorOptions) {
    super("CONFLICT", message, options);
  }
}

/** No such record, object or endpoint. Code `NOT_FOUND`. */
export class NotFoundError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "NotFoundError";
  constructor(message: string, options?: ConnectorErrorOptions) {
    super("NOT_FOUND", message, options);
  }
}

/** The address is not one that this connector may talk to; nothing was sent. Code `FORBIDDEN_TARGET`. */
export class ForbiddenTargetError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "ForbiddenTargetError";
  constructor(message: string, options?: ConnectorErrorOptions) {
    super("FORBIDDEN_TARGET", message, options);
  }
}

/**
 * A write may have reached the vendor, and nobody can tell from here. Never retryable: sending it again may double it.
 * Code `OUTCOME_UNKNOWN`.
 */
export class OutcomeUnknownError extends ConnectorError {
  /** Name of the class. */
  override readonly name = "OutcomeUnknownError";
  /** How to look the result up, in words for a person. */
  readonly reconcile: string;

  constructor(message: string, options: Omit<ConnectorErrorOptions, "retryable"> & { readonly reconcile: string }) {
    super("OUTCOME_UNKNOWN", message, { ...options, retryable: false });
    this.reconcile = options.reconcile;
  }
}
