import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  mapHttpStatus,
  NotFoundError,
  type TransportRequest,
  type TransportResponse,
  VendorError,
  type VendorFault,
} from "@isthmus/core";
import { type HtmlPage, readHtmlPage } from "./html-page.js";
import type { SapFault } from "./sap-fault.js";

/** What of an answer decides what it means. */
export type FailedAnswer = Pick<TransportResponse, "status" | "headers"> & Partial<Pick<TransportResponse, "body">>;

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
  const { status, headers, body } = answer;
  const page = fault ? undefined : readHtmlPage(headers, body);
  const vendor = toVendorFault(fault ?? toFault(page), status);
  const summary = `SAP refused ${request.name ?? "the request"} (${fault?.code ?? `HTTP ${status}`})`;
  if (page && (status < 300 || page.isLogon)) return pageInstead(request, page, vendor);
  if (status === 404) {
    const advice = "There is no such record or service. A service may be switched off (SICF) or not registered.";
    return new NotFoundError(`${summary}. ${advice}`, { vendor });
  }
  if (status === 412)
    return new ConflictError(`${summary}. The record was changed meanwhile. Read it again.`, { vendor });
  if (fault && status >= 400 && status < 500 && ![403, 408, 409, 429].includes(status)) {
    return new VendorError(`${summary}. ${fault.message ?? "It did not say why."}`, { vendor });
  }
  return mapHttpStatus({ status, headers, request, vendor, nowMs });
}

/** The part of it that errors carry. */
export function toVendorFault(fault: SapFault | undefined, status?: number): VendorFault {
  const { rfcError: _rfcError, ...said } = fault ?? {};
  return { ...said, ...(status !== undefined && { status }) };
}

function toFault(page: HtmlPage | undefined): SapFault | undefined {
  return page?.title === undefined ? undefined : { message: page.title };
}

/** A page with status 200 is the most treacherous failure of all: it looks like success. */
function pageInstead(request: FailedRequest, page: HtmlPage, vendor: VendorFault): ConnectorError {
  const what = request.name ?? "the request";
  if (page.isLogon) {
    return new AuthenticationError(
      `SAP answered ${what} with a logon page for browsers: this address does not take the connector's way of logging on. Ask for it to be set up for the service (SICF), or for an address without SAML.`,
      { vendor, retryable: false },
    );
  }
  return new ConnectorError("UNEXPECTED_RESPONSE", `SAP answered ${what} with a page for browsers.`, { vendor });
}
