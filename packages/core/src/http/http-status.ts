import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  NotFoundError,
  OutcomeUnknownError,
  RateLimitError,
  TransientError,
  VendorError,
  type VendorFault,
} from "../errors/index.js";
import { isIdempotent } from "./idempotency.js";
import { parseRetryAfter } from "./retry-after.js";
import type { ResponseHeaders, TransportRequest } from "./types.js";

/** An answer to be turned into an error. */
export interface HttpFailure {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** What was asked: its method, whether it is idempotent, how its result can be looked up. */
  readonly request: Pick<TransportRequest, "method" | "idempotent" | "reconcile">;
  /** What the vendor's body says of the failure. */
  readonly vendor?: VendorFault;
  /** Milliseconds since the epoch, to judge a date in `Retry-After` by. */
  readonly nowMs: number;
}

/**
 * What an HTTP status means when a vendor's own table has no better word for it:
 *
 * | status | error |
 * |-|-|
 * | 401 | `AuthenticationError` |
 * | 403 | `PERMISSION_DENIED` |
 * | 404, 410 | `NotFoundError` |
 * | 409, 412 | `ConflictError` |
 * | 429 | `RateLimitError` with `retryAfterMs` |
 * | 408, 502, 504 | idempotent: `TransientError`; otherwise `OutcomeUnknownError`, because the vendor's system behind the gateway may have done it |
 * | 500 | idempotent: `TransientError`; otherwise `VendorError`, not retryable |
 * | 503 | `TransientError`: the vendor says that it did not take the request |
 * | any other 4xx and 5xx | `VendorError`, not retryable |
 * | 1xx, 2xx, 3xx | `UNEXPECTED_RESPONSE`: redirects are never followed |
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15
 */
export function mapHttpStatus({ status, headers, request, vendor: fault, nowMs }: HttpFailure): ConnectorError {
  const vendor = { ...fault, status };
  const options = { vendor };
  const idempotent = isIdempotent(request);
  const says = `The vendor answered with status ${status}${fault?.code === undefined ? "" : ` (${fault.code})`}`;
  switch (status) {
    case 401:
      return new AuthenticationError(`${says}: it does not accept the credentials or the session.`, options);
    case 403:
      return new ConnectorError("PERMISSION_DENIED", `${says}: the connected account may not do this.`, options);
    case 404:
    case 410:
      return new NotFoundError(`${says}: no such record, object or endpoint.`, options);
    case 409:
    case 412:
      return new ConflictError(`${says}: the record changed meanwhile or exists already.`, options);
    case 429: {
      const retryAfterMs = parseRetryAfter(headers["retry-after"], nowMs);
      const message = `${says}: too many requests. Try again later.`;
      return new RateLimitError(message, { ...options, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    }
    case 503:
      return new TransientError("VENDOR_UNAVAILABLE", `${says}: it is away or overloaded. Try again later.`, options);
    case 500:
      if (!idempotent) return new VendorError(`${says}: it failed at the request.`, options);
      return new TransientError("VENDOR_UNAVAILABLE", `${says}. Try again later.`, options);
    case 408:
    case 502:
    case 504:
      if (idempotent) return new TransientError("VENDOR_UNAVAILABLE", `${says}. Try again later.`, options);
      return new OutcomeUnknownError(
        `${says}: the request may have taken effect. Look the result up before sending it again.`,
        {
          ...options,
          reconcile: request.reconcile ?? "Look the record up at the vendor before sending the request again.",
        },
      );
  }
  if (status >= 400) return new VendorError(`${says}: it refused the request.`, options);
  const what = status >= 300 ? "a redirect, which is never followed" : "not what the protocol promises";
  return new ConnectorError("UNEXPECTED_RESPONSE", `${says}: ${what}.`, options);
}
