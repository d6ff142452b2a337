import type { ConnectorErrorCode } from "./codes.js";
import { sanitizeCause } from "./sanitize-cause.js";

const brand: unique symbol = Symbol.for("@isthmus/core/ConnectorError");

/** One of several things that a vendor says of a call, such as a row of SAP's `RETURN` table. */
export interface VendorMessage {
  /** `error` where the call failed by it. */
  readonly severity: "error" | "warning" | "information" | "success";
  /** The vendor's own code, such as `V1/042`. */
  readonly code?: string;
  /** The vendor's own words. */
  readonly message: string;
  /** Name of the field that it is about. */
  readonly field?: string;
}

/** What the vendor itself said of a failure. Never holds a request body, a token or a customer's data. */
export interface VendorFault {
  /** The vendor's own code, such as `INVALID_SESSION_ID` or `6240`. */
  readonly code?: string;
  /** The vendor's own words, shortened. */
  readonly message?: string;
  /** What the vendor's support asks for, such as `intuit_tid`. */
  readonly requestId?: string;
  /** HTTP status of the answer. */
  readonly status?: number;
  /** Names of the fields that the vendor complains of. */
  readonly fields?: readonly string[];
  /** Everything that it said, where that is more than one message. */
  readonly messages?: readonly VendorMessage[];
}

/** What a {@link ConnectorError} may carry beside code and message. */
export interface ConnectorErrorOptions {
  /** What really happened. A sanitised copy is kept: libraries put tokens into their errors. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anyone changing anything. Default: what the code implies. */
  readonly retryable?: boolean;
  /** The vendor's side of it. */
  readonly vendor?: VendorFault;
}

const retryableCodes: ReadonlySet<ConnectorErrorCode> = new Set<ConnectorErrorCode>([
  "RATE_LIMITED",
  "QUOTA_EXHAUSTED",
  "VENDOR_UNAVAILABLE",
  "CONNECTION_FAILED",
  "TIMEOUT",
  "RESPONSE_CUT",
  "KEY_UNAVAILABLE",
]);

/**
 * The base of every failure that Isthmus reports. `code` is stable; `message` says what failed and what to do next and
 * holds no secret; `cause` is a sanitised copy of what happened.
 */
export class ConnectorError extends Error {
  /** Name of the class. */
  override readonly name: string = "ConnectorError";
  /** What to branch on: stable, and part of the API. */
  readonly code: ConnectorErrorCode;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  /** What the vendor itself said; `undefined` when it said nothing. */
  readonly vendor: VendorFault | undefined;

  constructor(code: ConnectorErrorCode, message: string, options: ConnectorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: sanitizeCause(options.cause) });
    this.code = code;
    this.retryable = options.retryable ?? retryableCodes.has(code);
    this.vendor = options.vendor;
  }

  /** What {@link isConnectorError} looks for. */
  get [brand](): true {
    return true;
  }
}

/**
 * Whether `value` is a {@link ConnectorError}, also when it comes from another copy of this package: `instanceof` fails
 * across copies, the brand does not.
 */
export function isConnectorError(value: unknown): value is ConnectorError {
  return typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
}

/** The code of a failure; `INTERNAL` for what is not a {@link ConnectorError}. */
export function codeOf(error: unknown): ConnectorErrorCode {
  return isConnectorError(error) ? error.code : "INTERNAL";
}
