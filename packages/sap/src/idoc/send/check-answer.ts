import {
  type ConnectorError,
  OutcomeUnknownError,
  readXml,
  TransientError,
  type TransportResponse,
  VendorError,
  type XmlElement,
} from "@isthmus/core";
import { pageInstead, readHtmlPage } from "../../errors/html-page.js";
import { type FailedRequest, mapSapFailure, toVendorFault } from "../../errors/map-sap-failure.js";
import type { SapFault } from "../../errors/sap-fault.js";
import { findSoapFault } from "./soap-envelope.js";

/** A request that was answered. */
export interface SentRequest extends FailedRequest {
  readonly name: string;
  /** How the IDocs that it carried are looked up. */
  readonly reconcile: string;
}

/**
 * What an answer of `/sap/bc/idoc_xml`, or of a customer's own handler, fails with; `undefined` when it says that the IDocs
 * are stored. SAP's own handler says so in a small HTML page, which has to be told from the page of a logon or of a proxy.
 *
 * @param accepts - Whether a body of status 2xx is a yes.
 */
export function findFailure(
  answer: TransportResponse,
  request: SentRequest,
  accepts: (body: string) => boolean,
  nowMs: number,
): ConnectorError | undefined {
  const body = answer.text();
  if (isSuccess(answer) && accepts(body)) return undefined;
  const xml = tryReadXml(answer);
  const soapFault = xml && findSoapFault(xml);
  if (isSuccess(answer) && !soapFault && !saysInboundError(body)) return notAnswered(answer, request);
  const fault = soapFault ?? readHtmlTitle(body);
  return toFailure(answer, request, fault, xml, nowMs);
}

/** The body of a SOAP answer. @throws {ConnectorError} for a fault, an HTML page, an empty body, any status but 2xx. */
export function readSoapAnswer(answer: TransportResponse, request: SentRequest, nowMs: number): XmlElement {
  const xml = tryReadXml(answer);
  const soapFault = xml && findSoapFault(xml);
  if (isSuccess(answer) && xml?.name === "Envelope" && !soapFault) return xml;
  if (isSuccess(answer) && !soapFault) throw notAnswered(answer, request);
  const fault = soapFault ?? (xml?.name === "Envelope" ? undefined : readHtmlTitle(answer.text()));
  throw toFailure(answer, request, fault, xml, nowMs);
}

function toFailure(
  answer: TransportResponse,
  request: SentRequest,
  fault: SapFault | undefined,
  xml: XmlElement | undefined,
  nowMs: number,
): ConnectorError {
  const isSoapFault = xml?.name === "Envelope" && fault !== undefined;
  // A fault with status 200 is a fault. One with 500 is SAP's last word too: what it refuses once it refuses again.
  if (isSoapFault && (isSuccess(answer) || answer.status === 500)) {
    if (request.idempotent && saysInProcess(fault)) {
      return new TransientError("VENDOR_UNAVAILABLE", `SAP is at work on this message id of ${request.name} already.`, {
        vendor: toVendorFault(fault, answer.status),
      });
    }
    const says = fault.message ?? "It did not say why.";
    return new VendorError(`SAP refused ${request.name}. ${says}`, { vendor: toVendorFault(fault, answer.status) });
  }
  return mapSapFailure(answer, request, fault, nowMs);
}

/**
 * Message EA728 with its reason MSGID_LOCKED: an earlier try with the same message id has not ended yet.
 * @see https://www.stechno.net/repository/sap-messages.html?id=EA728
 */
function saysInProcess({ message, messages = [] }: SapFault): boolean {
  return [message, ...messages.map((each) => each.message)].some((text) => text?.includes("MSGID_LOCKED"));
}

/** Title of the page with which SAP's handler says that it stored nothing. */
function saysInboundError(body: string): boolean {
  return body.slice(0, 4_096).includes("IDoc-XML-inbound error");
}

/** A page to log a person on says that nothing was stored. Anything else may be a proxy's or a handler's that swallowed the words. */
function notAnswered(answer: TransportResponse, request: SentRequest): ConnectorError {
  const page = readHtmlPage(answer);
  if (page?.isLogon) return pageInstead(page, request.name, answer.status);
  const what = answer.body.length === 0 ? "nothing" : "something that is not SAP's answer to an IDoc";
  return new OutcomeUnknownError(`${request.name} was answered with status ${answer.status} and ${what}.`, {
    reconcile: request.reconcile,
    vendor: { status: answer.status },
  });
}

function isSuccess({ status }: TransportResponse): boolean {
  return status >= 200 && status < 300;
}

function tryReadXml(answer: TransportResponse): XmlElement | undefined {
  try {
    return readXml(answer.body);
  } catch {
    // An HTML page, or nothing: the status and the title decide then, and success is never concluded from it.
    return undefined;
  }
}

/** The title of an HTML page as what the fault says; `undefined` when the body is none. */
function readHtmlTitle(body: string): SapFault | undefined {
  const start = body.slice(0, 4_096);
  if (!/<(?:!doctype html|html|head|title)\b/i.test(start)) return undefined;
  const title = /<title>\s*([^<]{1,200})/i.exec(start)?.[1]?.trim();
  return { message: title ? `It answered with an HTML page, "${title}".` : "It answered with an HTML page." };
}
