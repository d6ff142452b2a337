import { element, escapeXml, xmlDeclaration } from "../../shared/xml/write-xml.js";
import { AbapException, RfcSystemError, SoapRefusal } from "./rfc-errors.js";
import type { RfcSettings } from "./rfc-settings.js";
import type { SoapDialect } from "./soap-dialect.js";
import { envelopeNamespace, rfcNamespace, xmlName } from "./soap-envelope.js";
import { soapActionOf } from "./wsdl.js";

const errorNamespace = "urn:sap-com:document:sap:soap:functions";

/**
 * The SOAP of `/sap/bc/soap/rfc`.
 *
 * @see https://goenning.net/2014/08/20/connecting-to-sap-with-soap-rfc/ for messages that a system wrote
 */
export function classicDialect(settings: RfcSettings): SoapDialect {
  return {
    // Community reports say that the handler takes an empty SOAPAction only, although its WSDL names another.
    assertSoapAction(action, functionName) {
      const known = settings.acceptSoapAction && [soapActionOf(functionName), rfcNamespace].includes(action);
      if (action !== "" && !known) throw new SoapRefusal(`SOAPAction "${action}" is not supported; it has to be empty`);
    },
    writeResponse: (functionName, content) =>
      envelope(element(`urn:${xmlName(functionName)}.Response`, content, { "xmlns:urn": rfcNamespace })),
    writeFault,
  };
}

// The fault's string says little; `detail` holds the cause.
function writeFault(error: unknown, functionName: string): string {
  if (error instanceof SoapRefusal) return fault("Client", "SOAP processing failure", escapeXml(error.message));
  if (error instanceof AbapException) {
    const name = `rfc:${xmlName(functionName)}.Exception`;
    return fault("Client", "Exception raised", element(name, exceptionContent(error), { "xmlns:rfc": rfcNamespace }));
  }
  if (!(error instanceof RfcSystemError)) throw error;
  const cause = element("type", escapeXml(error.type)) + element("message", escapeXml(error.message));
  return fault("Server", "Internal Server Error", element("rfc:Error", cause, { "xmlns:rfc": errorNamespace }));
}

/** `Name`, and where the exception has a message `Text` and `Message`: the type RfcException of SAP's WSDLs. */
export function exceptionContent(error: AbapException): string {
  const key = error.messageKey;
  return [
    element("Name", escapeXml(error.exception)),
    error.message === "" ? "" : element("Text", escapeXml(error.message)),
    key === undefined ? "" : element("Message", element("ID", escapeXml(key.id)) + element("Number", key.number)),
  ].join("");
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
