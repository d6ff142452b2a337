import {
  type ConnectorError,
  isIdempotent,
  mapHttpStatus,
  OutcomeUnknownError,
  parseRetryAfter,
  type TransportRequest,
  type TransportResponse,
  type VendorFault,
} from "@isthmus/core";
import { noTokenHelps } from "./errors/access-rows.js";
import { findRow, type LimitWaits } from "./errors/row.js";
import { table } from "./errors/table.js";
import { readFault } from "./fault.js";

/** What of a request decides the meaning of its failure. */
export type FailedRequest = Pick<TransportRequest, "method" | "idempotent" | "reconcile" | "name">;

const noWaits: LimitWaits = { dayMs: 0, concurrentMs: 0 };

/**
 * An answer that is not 2xx, as the error that it means: the first row of the table that fits, else what core makes of
 * the status.
 *
 * @param nowMs - Epoch milliseconds, to judge a date in `Retry-After` by.
 * @param waits - Default: nothing is known of the organisation's limits.
 */
export function mapFailure(
  response: TransportResponse,
  request: FailedRequest,
  nowMs: number,
  waits: LimitWaits = noWaits,
): ConnectorError {
  const fault = readFault(response);
  const row = findRow(table, fault, response);
  if (!row && isAmbiguous(response, request)) return unknownOutcome(request, fault);
  if (!row) return mapHttpStatus({ status: response.status, headers: response.headers, request, vendor: fault, nowMs });
  const reason = [fault.code, fault.fields && `fields ${fault.fields.join(", ")}`].filter(Boolean).join("; ");
  const summary = `Salesforce refused ${request.name ?? "the request"} (${reason || `HTTP ${fault.status}`})`;
  return row.make({ fault, summary, waits, retryAfterMs: parseRetryAfter(response.headers["retry-after"], nowMs) });
}

/** Whether another token may help: a 401, but not every one, and the identity service's own way to say it. */
export function isTokenRefused({ status, body }: { readonly status: number; readonly body?: unknown }): boolean {
  if (status !== 401 && status !== 403) return false;
  const text = Buffer.isBuffer(body) ? body.toString("utf8", 0, 2000) : "";
  return status === 401 ? !noTokenHelps.test(text) : /^\s*Bad_OAuth_Token\s*$/.test(text);
}

/**
 * A 503 without Salesforce's own code. Its edge proxies answer so as well when the connection behind them breaks in the
 * middle of a request, so that a record may have been created all the same.
 */
function isAmbiguous({ status }: TransportResponse, request: FailedRequest): boolean {
  return status === 503 && !isIdempotent(request);
}

function unknownOutcome({ name = "the request", reconcile }: FailedRequest, vendor: VendorFault): ConnectorError {
  return new OutcomeUnknownError(
    `Salesforce's address answered ${name} with status 503, and not in Salesforce's own words: it may have taken effect. Look the result up before sending it again.`,
    { reconcile: reconcile ?? "Look the record up before sending the request again.", vendor },
  );
}
