import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  mapHttpStatus,
  NotFoundError,
  OutcomeUnknownError,
  TransientError,
  type TransportRequest,
  ValidationError,
  VendorError,
  type VendorFault,
  type VendorMessage,
} from "@isthmus/core";
import { type MaybePage, pageInstead, readHtmlPage } from "./html-page.js";
import { isLockMessage } from "./lock-messages.js";
import { mapRfcFailure } from "./map-rfc-failure.js";
import type { SapFault } from "./sap-fault.js";

/** What of an answer decides what it means. */
export type FailedAnswer = MaybePage;

/** What of a request decides the meaning of its failure. */
export type FailedRequest = Pick<TransportRequest, "method" | "idempotent" | "reconcile" | "name">;

/**
 * A failed answer as the error that it means: by SAP's words where it has some, else by the status.
 *
 * | answer | error |
 * |-|-|
 * | 401 | `AuthenticationError`, never retryable: SAP locks a user after a few tries |
 * | a page to log a person on, or any page with a status below 300 | `AuthenticationError`, `UNEXPECTED_RESPONSE` |
 * | 403 with `X-CSRF-Token: Required` | `TransientError`: the session was lost, nothing was done |
 * | a repeated request whose answer is not kept any more | `OutcomeUnknownError`: it was done |
 * | 423, or a code or words that say that a record is locked | `ConflictError`, retryable |
 * | 412 | `ConflictError` |
 * | 428 | `ValidationError`: an ETag is needed |
 * | 404 | `NotFoundError` |
 * | 501 | `UNSUPPORTED` |
 * | 500 with SAP's words | `VendorError`: a dump or a defect, which another try does not mend |
 * | other 4xx with SAP's words | `VendorError` |
 * | anything else | {@link mapHttpStatus} |
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
  const page = fault ? undefined : readHtmlPage(answer);
  const vendor = toVendorFault(fault ?? (page?.title === undefined ? undefined : { message: page.title }), status);
  if (status === 401) {
    const advice = "It does not accept the logon. Do not try again before it is mended.";
    return new AuthenticationError(`SAP refused ${request.name ?? "the request"}. ${advice}`, {
      vendor,
      retryable: false,
    });
  }
  if (page && (status < 300 || page.isLogon)) return pageInstead(page, request.name ?? "the request", status);
  const ofRfc = fault && mapRfcFailure(fault, vendor, request);
  if (ofRfc) return ofRfc;
  const summary = `SAP refused ${request.name ?? "the request"} (${fault?.code ?? `HTTP ${status}`})`;
  const said = `${summary}. ${fault?.message ?? "It did not say why."}`;
  if (status === 403 && isTokenRequired(headers["x-csrf-token"])) {
    const advice =
      "It did not accept a fresh CSRF token: the session was lost on the way. Nothing was done; try again.";
    return new TransientError("VENDOR_UNAVAILABLE", `${summary}. ${advice}`, { vendor });
  }
  if (fault?.code === outdatedRequest) {
    const { reconcile = "Look for what was sent: it was done the first time." } = request;
    return new OutcomeUnknownError(`${summary}. It was done before, and SAP does not keep its answer any more.`, {
      vendor,
      reconcile,
    });
  }
  if (status === 423 || (status >= 400 && isLock(fault))) {
    const advice = "The record is locked by somebody who works on it. Nothing was done; try again later.";
    return new ConflictError(`${summary}. ${advice}`, { vendor, retryable: true });
  }
  if (status === 404) {
    const advice = "There is no such record or service. A service may be switched off (SICF) or not registered.";
    return new NotFoundError(`${summary}. ${advice}`, { vendor });
  }
  if (status === 412)
    return new ConflictError(`${summary}. The record was changed meanwhile. Read it again.`, { vendor });
  if (status === 428) {
    const issue = { path: "ifMatch", message: "The record's ETag, or * to overwrite whatever is there." };
    return new ValidationError(`${summary}. It wants the ETag of the record that is to be changed.`, [issue], {
      vendor,
    });
  }
  if (status === 501) return new ConnectorError("UNSUPPORTED", said, { vendor });
  if (fault && status === 500) return new VendorError(said, { vendor });
  if (fault && status >= 400 && status < 500 && !statusDecides.has(status)) return new VendorError(said, { vendor });
  return mapHttpStatus({ status, headers, request, vendor, nowMs });
}

/**
 * "RequestID is outdated": the request was processed before, and its result was deleted since.
 * @see https://www.sapdatasheet.org/abap/msag//iwbep/cm_cos-005.html
 */
const outdatedRequest = "/IWBEP/CM_COS/005";

/** With these the status says more than SAP's words. */
const statusDecides: ReadonlySet<number> = new Set([403, 408, 409, 410, 429]);

function isLock(fault: SapFault | undefined): boolean {
  const { code, message = "", messages = [] } = fault ?? {};
  const first: VendorMessage = { severity: "error", message, ...(code !== undefined && { code }) };
  return [first, ...messages].some((one) => isLockMessage(one));
}

function isTokenRequired(token: string | readonly string[] | undefined): boolean {
  return [token].flat().some((value) => value?.toLowerCase() === "required");
}

/** The part of it that errors carry. */
export function toVendorFault(fault: SapFault | undefined, status?: number): VendorFault {
  const { rfcError: _rfcError, ...said } = fault ?? {};
  return { ...said, ...(status !== undefined && { status }) };
}
