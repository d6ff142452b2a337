import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  mapHttpStatus,
  NotFoundError,
  parseRetryAfter,
  RateLimitError,
  TransientError,
  type TransportRequest,
  type TransportResponse,
  VendorError,
  type VendorFault,
} from "@isthmus/core";
import { readFault } from "./fault.js";
import { concurrencyWords } from "./limits/limit-refusal.js";

/** What of a request decides the meaning of its failure. */
export type FailedRequest = Pick<TransportRequest, "method" | "idempotent" | "reconcile" | "name">;

/** What a row of the table sees. */
interface Failure {
  readonly fault: VendorFault;
  /** "Salesforce refused records.create (INVALID_FIELD)". */
  readonly summary: string;
  readonly retryAfterMs: number | undefined;
  readonly waits: LimitWaits;
}

/** Milliseconds until a call makes sense again, as far as the limits of the organisation are known here. */
export interface LimitWaits {
  readonly dayMs: number;
  readonly concurrentMs: number;
}

const noWaits: LimitWaits = { dayMs: 0, concurrentMs: 0 };

interface Row {
  /** Any of these statuses; missing: any. */
  readonly status?: readonly number[];
  /** Any of these error codes; missing: any. */
  readonly code?: readonly string[];
  /** Found in Salesforce's words; missing: any. */
  readonly message?: RegExp;
  readonly make: (failure: Failure) => ConnectorError;
}

/**
 * An answer that is not 2xx, as the error that it means: the first row of the table that fits, else what core makes of
 * the status.
 *
 * @param nowMs - Epoch milliseconds, to judge a date in `Retry-After` by.
 */
export function mapFailure(
  response: TransportResponse,
  request: FailedRequest,
  nowMs: number,
  waits: LimitWaits = noWaits,
): ConnectorError {
  const fault = readFault(response);
  const row = table.find((candidate) => fits(candidate, fault, response));
  if (!row) return mapHttpStatus({ status: response.status, headers: response.headers, request, vendor: fault, nowMs });
  const reason = [fault.code, fault.fields && `fields ${fault.fields.join(", ")}`].filter(Boolean).join("; ");
  const summary = `Salesforce refused ${request.name ?? "the request"} (${reason || `HTTP ${fault.status}`})`;
  return row.make({ fault, summary, waits, retryAfterMs: parseRetryAfter(response.headers["retry-after"], nowMs) });
}

/** A 401 that no other token can change. */
const noTokenHelps = /not valid for use with the REST API|Connected app is not attached to Agent/i;

/** Whether another token may help: a 401, but not every one, and the identity service's own way to say it. */
export function isTokenRefused({ status, body }: { readonly status: number; readonly body?: unknown }): boolean {
  if (status !== 401 && status !== 403) return false;
  const text = Buffer.isBuffer(body) ? body.toString("utf8", 0, 2000) : "";
  return status === 401 ? !noTokenHelps.test(text) : /^\s*Bad_OAuth_Token\s*$/.test(text);
}

/** The table. What stands first wins, so the particular comes before the general. */
const table: readonly Row[] = [
  // Redirects are never followed: the answer may lead the token to another host.
  { status: [301, 302, 303, 307, 308], make: redirected },
  { status: [300], make: (failure) => conflict(failure, "The external id matches several records. Make it unique.") },

  // Neither a fresh token nor the same person signing in again helps with these; an administrator does.
  {
    status: [401, 403],
    message: noTokenHelps,
    make: (failure) =>
      denied(failure, "The app or the session may not use the REST API. Ask your Salesforce administrator."),
  },
  {
    code: ["API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"],
    make: (failure) => denied(failure, "The API is switched off for this organisation or user."),
  },
  {
    code: ["INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "InvalidSessionId", "Bad_OAuth_Token", "Missing_OAuth_Token"],
    make: sessionRefused,
  },
  {
    code: [
      "Inactive",
      "Bad_Id",
      "Wrong_Org",
      "ORG_LOCKED",
      "PASSWORD_LOCKOUT",
      "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    ],
    make: (failure) =>
      authentication(failure, "The user or the organisation is locked. Ask your Salesforce administrator."),
  },

  // The daily quota comes back over hours, the limits on simultaneous requests in seconds; both have one code.
  { code: ["REQUEST_LIMIT_EXCEEDED"], message: concurrencyWords, make: (failure) => limited(failure, false) },
  { code: ["REQUEST_LIMIT_EXCEEDED"], make: (failure) => limited(failure, true) },

  {
    code: [
      "INSUFFICIENT_ACCESS",
      "INSUFFICIENT_ACCESS_OR_READONLY",
      "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
      "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY_PERMISSION",
      "OPERATION_NOT_ALLOWED",
      "TXN_SECURITY_NO_ACCESS",
    ],
    make: (failure) => denied(failure, "The connected user lacks a permission."),
  },
  {
    code: ["FUNCTIONALITY_NOT_ENABLED", "FEATURE_NOT_ENABLED"],
    make: (failure) => unsupported(failure, "The organisation's edition does not offer this."),
  },
  {
    code: ["UNSUPPORTED_API_VERSION", "GONE"],
    make: (failure) => unsupported(failure, "The API version is retired: choose a newer apiVersion."),
  },
  { status: [410], make: (failure) => unsupported(failure, "The API version is retired: choose a newer apiVersion.") },

  { code: ["UNABLE_TO_LOCK_ROW"], make: (failure) => passing(failure, "Another transaction holds the record.") },
  { code: ["SERVER_UNAVAILABLE"], make: (failure) => passing(failure, "Salesforce is too busy.") },
  {
    code: ["DUPLICATE_VALUE", "DUPLICATES_DETECTED", "DUPLICATE_EXTERNAL_ID"],
    make: (failure) => conflict(failure, "A record with this value exists already."),
  },
  {
    code: ["ENTITY_IS_LOCKED", "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE"],
    make: (failure) => conflict(failure, "The record is locked or was changed meanwhile."),
  },
  { status: [412], make: (failure) => conflict(failure, "The record was changed meanwhile. Read it again.") },
  {
    status: [404],
    code: ["ENTITY_IS_DELETED"],
    make: (failure) => notFound(failure, "The record was deleted."),
  },
  {
    status: [404],
    make: (failure) => notFound(failure, "There is no such record, object or field, or the user may not see it."),
  },
  // 420 is a deleted or expired organisation; the same request can never succeed again.
  { status: [420], make: (failure) => rejected(failure, "The organisation is gone or is being moved.") },
  { status: [414, 431], make: (failure) => rejected(failure, "The query is longer than an address may be.") },
  {
    code: ["INVALID_QUERY_LOCATOR"],
    make: (failure) => rejected(failure, "The query's pages have expired. Run it again."),
  },
  {
    code: ["STORAGE_LIMIT_EXCEEDED"],
    make: (failure) => rejected(failure, "The organisation's storage is full."),
  },

  // Everything else that Salesforce explains with a code: REQUIRED_FIELD_MISSING, STRING_TOO_LONG, MALFORMED_QUERY…
  {
    status: [400, 405, 409, 413, 415, 422],
    make: (failure) => rejected(failure, "Correct the request before sending it again."),
  },
];

function fits(row: Row, fault: VendorFault, response: TransportResponse): boolean {
  if (row.status && !row.status.includes(response.status)) return false;
  if (row.code && !(fault.code !== undefined && row.code.includes(fault.code))) return false;
  return row.message === undefined || row.message.test(fault.message ?? response.text().slice(0, 2000));
}

function redirected({ fault }: Failure): ConnectorError {
  const message =
    "Salesforce answered with a redirect, which is not followed. Use the organisation's My Domain as loginUrl and connect again.";
  return new ConnectorError("UNEXPECTED_RESPONSE", message, { vendor: fault });
}

function sessionRefused(failure: Failure): ConnectorError {
  return authentication(failure, "A fresh token was refused too. Connect again.");
}

function authentication({ summary, fault }: Failure, advice: string): ConnectorError {
  return new AuthenticationError(`${summary}. ${advice}`, { vendor: fault });
}

function denied({ summary, fault }: Failure, advice: string): ConnectorError {
  return new ConnectorError("PERMISSION_DENIED", `${summary}. ${advice}`, { vendor: fault });
}

function unsupported({ summary, fault }: Failure, advice: string): ConnectorError {
  return new ConnectorError("UNSUPPORTED", `${summary}. ${advice}`, { vendor: fault });
}

function limited({ summary, fault, waits, retryAfterMs: asked }: Failure, quota: boolean): ConnectorError {
  const knownMs = quota ? waits.dayMs : waits.concurrentMs;
  const retryAfterMs = asked ?? (knownMs > 0 ? knownMs : undefined);
  const advice = quota
    ? "The organisation's requests of the last 24 hours are used up. Wait for hours, or ask for more."
    : "Too many requests are at work at once. Try again in seconds.";
  return new RateLimitError(`${summary}. ${advice}`, {
    vendor: fault,
    quota,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function passing({ summary, fault }: Failure, advice: string): ConnectorError {
  return new TransientError("VENDOR_UNAVAILABLE", `${summary}. ${advice} Try again later.`, { vendor: fault });
}

function conflict({ summary, fault }: Failure, advice: string): ConnectorError {
  return new ConflictError(`${summary}. ${advice}`, { vendor: fault });
}

function notFound({ summary, fault }: Failure, advice: string): ConnectorError {
  return new NotFoundError(`${summary}. ${advice}`, { vendor: fault });
}

function rejected({ summary, fault }: Failure, advice: string): ConnectorError {
  return new VendorError(`${summary}. ${advice}`, { vendor: fault });
}
