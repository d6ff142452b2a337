import {
  ConnectorError,
  findChild,
  isConnectorError,
  readXml,
  type TransportResponse,
  VendorError,
  type XmlElement,
} from "@isthmus/core";
import { assertNoPage } from "../errors/html-page.js";
import { mapRfcFailure } from "../errors/map-rfc-failure.js";
import { type FailedRequest, mapSapFailure, toVendorFault } from "../errors/map-sap-failure.js";
import { readRfcFault } from "../errors/rfc-fault.js";
import type { SapFault } from "../errors/sap-fault.js";

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
  if (isGood) assertNoPage(answer);
  const body = isGood ? readBody(answer) : tryReadBody(answer);
  const fault = body && readRfcFault(body);
  if (fault && (isGood || answer.status === 500)) throw mapFault(answer, request, fault);
  if (answer.status === 500) throw readDump(answer, request);
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

/**
 * A dump outside of the module comes as an HTML page or with nothing at all. Like any dump it is not tried again.
 * `sap-err-id` is the ICF's word for it, such as `RABAX_STATE`.
 */
function readDump(answer: TransportResponse, request: FailedRequest): VendorError {
  const code = answer.headers["sap-err-id"];
  const requestId = /transaction id:?\s*([0-9A-F]{20,40})\b/i.exec(answer.text().slice(0, 65_536))?.[1];
  const id = requestId === undefined ? "" : `, by its id ${requestId}`;
  const advice = `Look at the dump in ST22, or the system log in SM21${id}; the same call would most likely fail again.`;
  return new VendorError(`SAP failed at ${request.name ?? "the call"} without a fault (HTTP 500). ${advice}`, {
    vendor: {
      status: 500,
      ...(typeof code === "string" && { code }),
      ...(requestId !== undefined && { requestId }),
    },
  });
}

/**
 * Refuses the page with which the ICF answers for a service that nobody activated; SOAP RFC is off in many systems.
 * @throws {ConnectorError} `UNSUPPORTED`
 */
export function assertActive(answer: TransportResponse, path: string): void {
  if (answer.status !== 403 || !/service_not_active|service is not active/i.test(answer.text().slice(0, 65_536)))
    return;
  const advice = "An administrator can activate it in SICF; or use a service made in SOAMANAGER.";
  throw new ConnectorError("UNSUPPORTED", `${path} is not active in this SAP system. ${advice}`, {
    vendor: { status: 403 },
  });
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
