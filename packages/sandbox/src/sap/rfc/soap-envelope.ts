import { InvalidXmlError, readXml, type XmlElement } from "../xml/read-xml.js";
import { element, escapeXml, xmlDeclaration } from "../xml/write-xml.js";
import { type AbapException, type RfcSystemError, SoapRefusal } from "./rfc-errors.js";

/** Namespace of function modules and their structures. */
export const rfcNamespace = "urn:sap-com:document:sap:rfc:functions";

const envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/";
const errorNamespace = "urn:sap-com:document:sap:soap:functions";

/**
 * The element of the call in a SOAP 1.1 envelope.
 *
 * @throws {SoapRefusal} when there is none.
 */
export function readCallElement(body: Uint8Array): XmlElement {
  let envelope: XmlElement;
  try {
    envelope = readXml(body);
  } catch (error) {
    if (error instanceof InvalidXmlError) throw new SoapRefusal(`XML Parsing failed: ${error.message}`);
    throw error;
  }
  if (envelope.name !== "Envelope") throw new SoapRefusal("SOAP envelope is missing");
  if (envelope.namespace !== envelopeNamespace) throw new SoapRefusal("SOAP version is not supported");
  const call = envelope.children.find(({ name }) => name === "Body")?.children[0];
  if (call === undefined) throw new SoapRefusal("SOAP body has no method");
  return call;
}

/** An answer: what the function module exports, in its `.Response`. */
export function writeResponse(functionName: string, content: string): string {
  return envelope(element(`urn:${xmlName(functionName)}.Response`, content, { "xmlns:urn": rfcNamespace }));
}

/** A fault of the runtime. The string says little; `detail` holds the cause. */
export function writeSystemFault({ type, message }: RfcSystemError): string {
  const cause = element("type", escapeXml(type)) + element("message", escapeXml(message));
  return fault("Server", "Internal Server Error", element("rfc:Error", cause, { "xmlns:rfc": errorNamespace }));
}

/** The fault of a classic exception: `detail/<function module>.Exception`. */
export function writeExceptionFault(functionName: string, error: AbapException): string {
  const key = error.messageKey;
  const content = [
    element("Name", escapeXml(error.exception)),
    error.message === "" ? "" : element("Text", escapeXml(error.message)),
    key === undefined ? "" : element("Message", element("ID", escapeXml(key.id)) + element("Number", key.number)),
  ].join("");
  return fault(
    "Client",
    "Exception raised",
    element(`rfc:${xmlName(functionName)}.Exception`, content, { "xmlns:rfc": rfcNamespace }),
  );
}

/** The fault of a message that is not understood. */
export function writeRefusal({ message }: SoapRefusal): string {
  return fault("Client", "SOAP processing failure", escapeXml(message));
}

/** A name of ABAP's as XML writes it: `/ROP/X` is `_-ROP_-X`. */
export function xmlName(name: string): string {
  return name.replaceAll("/", "_-");
}

/** The opposite of `xmlName`. */
export function abapName(name: string): string {
  return name.replaceAll("_-", "/");
}

function fault(code: "Client" | "Server", text: string, detail: string): string {
  const content = `<faultcode>SOAP-ENV:${code}</faultcode>${element("faultstring", text)}${element("detail", detail)}`;
  return envelope(element("SOAP-ENV:Fault", content));
}

function envelope(body: string): string {
  return (
    xmlDeclaration +
    element("SOAP-ENV:Envelope", element("SOAP-ENV:Body", body), {
      "xmlns:SOAP-ENV": envelopeNamespace,
      "xmlns:SOAP-ENC": "http://schemas.xmlsoap.org/soap/encoding/",
    })
  );
}
