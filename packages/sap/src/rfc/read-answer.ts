import { ConnectorError, isConnectorError, type TransportResponse, VendorError } from "@isthmus/core";
import { mapRfcFailure } from "../errors/map-rfc-failure.js";
import { type FailedRequest, mapSapFailure, toVendorFault } from "../errors/map-sap-failure.js";
import { readRfcFault } from "../errors/rfc-fault.js";
import type { SapFault } from "../errors/sap-fault.js";
import { findChild, readXml, type XmlElement } from "../xml/read-xml.js";

const envelopeNamespaces: ReadonlySet<string> = new Set([
  "http://schemas.xmlsoap.org/soap/envelope/",
  "http://www.w3.org/2003/05/soap-envelope",
]);

/**
 * The element with which a function module answered. Anything else is an error, whatever the status: strong-soap takes a
 * logon page, an empty body and a redirect for a success.
 *
 * @param responseNames - What it may be called: `BAPI_X.Response`.
 */
export function readAnswer(
  answer: TransportResponse,
  request: FailedRequest,
  responseNames: readonly string[],
  nowMs: number,
): XmlElement {
  const isGood = answer.status >= 200 && answer.status < 300;
  const body = isGood ? readBody(answer) : tryReadBody(answer);
  const fault = body && readRfcFault(body);
  if (fault && (isGood || answer.status === 500)) throw mapFault(answer, request, fault);
  if (fault || !isGood || !body) throw mapSapFailure(answer, request, fault, nowMs);
  const response = body.children.find(({ name }) => responseNames.includes(name));
  if (response) return response;
  throw new ConnectorError(
    "UNEXPECTED_RESPONSE",
    `SAP answered ${request.name ?? "the call"} with status ${answer.status}, but without ${responseNames[0]}.`,
    { vendor: { status: answer.status } },
  );
}

/** SAP's words say more than the status under which they come, which is 500 for nearly everything. */
function mapFault(answer: TransportResponse, request: FailedRequest, fault: SapFault): ConnectorError {
  const vendor = toVendorFault(fault, answer.status);
  const words = `SAP refused ${request.name ?? "the call"} (${fault.code ?? "fault"}): ${fault.message ?? "it did not say why"}`;
  return mapRfcFailure(fault, vendor, request) ?? new VendorError(words, { vendor });
}

function readBody(answer: TransportResponse): XmlElement {
  const envelope = readXml(answer.body);
  const body = findChild(envelope, "Body");
  if (body && envelope.name === "Envelope" && envelopeNamespaces.has(envelope.namespace)) return body;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "SAP answered the call with something that is no SOAP envelope.", {
    vendor: { status: answer.status },
  });
}

/** A failure is most often HTML: then the status has to say what it means. */
function tryReadBody(answer: TransportResponse): XmlElement | undefined {
  try {
    return readBody(answer);
  } catch (error) {
    if (isConnectorError(error)) return undefined;
    throw error;
  }
}
