import {
  AuthenticationError,
  ConflictError,
  type ConnectorError,
  mapHttpStatus,
  NotFoundError,
  type TransportRequest,
  type TransportResponse,
  VendorError,
  type VendorFault,
} from "@isthmus/core";
import type { SapFault } from "./sap-fault.js";

/** What of an answer decides what it means. */
export type FailedAnswer = Pick<TransportResponse, "status" | "headers">;

/** What of a request decides the meaning of its failure. */
export type FailedRequest = Pick<TransportRequest, "method" | "idempotent" | "reconcile" | "name">;

/**
 * A failed answer as the error that it means: by SAP's words where it has some, else by the status.
 *
 * @param fault - What the body says, in the form of the protocol that was spoken. `undefined` where it says nothing.
 * @param nowMs - Epoch milliseconds, to judge a date in `Retry-After` by.
 */
export function mapSapFailure(
  answer: FailedAnswer,
  request: FailedRequest,
  fault: SapFault | undefined,
  nowMs: number,
): ConnectorError {
  const { status, headers } = answer;
  const vendor = toVendorFault(fault, status);
  const summary = `SAP refused ${request.name ?? "the request"} (${fault?.code ?? `HTTP ${status}`})`;
  if (status === 401) {
    const advice =
      "It does not accept the logon. Do not try again before it is mended: SAP locks a user after a few tries.";
    return new AuthenticationError(`${summary}. ${advice}`, { vendor, retryable: false });
  }
  if (status === 404 && fault) return new NotFoundError(`${summary}. There is no such record or service.`, { vendor });
  if (status === 412)
    return new ConflictError(`${summary}. The record was changed meanwhile. Read it again.`, { vendor });
  if (fault && status >= 400 && status < 500 && status !== 403 && status !== 429 && status !== 409 && status !== 408) {
    return new VendorError(`${summary}. ${fault.message ?? "It did not say why."}`, { vendor });
  }
  return mapHttpStatus({ status, headers, request, vendor, nowMs });
}

/** The part of it that errors carry. */
export function toVendorFault(fault: SapFault | undefined, status?: number): VendorFault {
  const { rfcError: _rfcError, ...said } = fault ?? {};
  return { ...said, ...(status !== undefined && { status }) };
}
