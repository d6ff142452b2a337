import { element, escapeXml } from "../../shared/xml/write-xml.js";

/** A call that failed as a whole. */
export class SoapFault extends Error {
  override readonly name = "SoapFault";
  /** Such as `INVALID_SESSION_ID`, or `soapenv:Client` where the message itself is wrong. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A whole message.
 *
 * @param body - XML, already escaped.
 * @param header - Likewise; none when empty.
 */
export function envelope(body: string, header = ""): string {
  const names =
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" ' +
    'xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const headerElement = header === "" ? "" : element("soapenv:Header", header);
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope ${names}>${headerElement}<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}

/** An envelope that tells a failure. It goes with status 500. */
export function faultOf(error: unknown): string {
  const fault = error instanceof SoapFault ? error : new SoapFault("UNKNOWN_EXCEPTION", "An unexpected error occurred");
  if (fault.code.includes(":")) return envelope(faultElement(fault.code, fault.message, ""));
  const name = fault.code === "INVALID_SESSION_ID" ? "UnexpectedErrorFault" : "ApiFault";
  const parts = element("sf:exceptionCode", fault.code) + element("sf:exceptionMessage", escapeXml(fault.message));
  const detail = element("detail", element(`sf:${name}`, parts, { "xsi:type": `sf:${name}` }));
  return envelope(faultElement(`sf:${fault.code}`, `${fault.code}: ${fault.message}`, detail));
}

function faultElement(code: string, text: string, detail: string): string {
  return element("soapenv:Fault", element("faultcode", code) + element("faultstring", escapeXml(text)) + detail);
}
