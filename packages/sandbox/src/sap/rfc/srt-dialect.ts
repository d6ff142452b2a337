import { element, escapeXml, xmlDeclaration } from "../../shared/xml/write-xml.js";
import { exceptionContent } from "./classic-dialect.js";
import { AbapException, RfcSystemError, SoapRefusal } from "./rfc-errors.js";
import type { SoapDialect } from "./soap-dialect.js";
import { envelopeNamespace, rfcNamespace, xmlName } from "./soap-envelope.js";
import { srtSoapAction } from "./srt-wsdl.js";

/** The SOAP of the web service runtime (`/sap/bc/srt/rfc/sap/…`): answers are named `…Response`, the fault's string holds the cause. */
export function srtDialect(service: string): SoapDialect {
  return {
    assertSoapAction(action, functionName) {
      if (action === "" || action === srtSoapAction(service, xmlName(functionName))) return;
      throw new SoapRefusal(`Operation "${action}" is not implemented by the service`);
    },
    writeResponse: (functionName, content) =>
      envelope(element(`n0:${xmlName(functionName)}Response`, content, { "xmlns:n0": rfcNamespace })),
    writeFault,
  };
}

function writeFault(error: unknown, functionName: string): string {
  if (error instanceof SoapRefusal) return fault("Client", `SOAP:14.003 ${error.message}`, "");
  if (error instanceof AbapException) {
    const name = `n0:${xmlName(functionName)}.Exception`;
    const detail = element(name, exceptionContent(error), { "xmlns:n0": rfcNamespace });
    return fault("Server", error.message || error.exception, element("detail", detail));
  }
  if (!(error instanceof RfcSystemError)) throw error;
  return fault("Server", `${error.type}: ${error.message}`, "");
}

function fault(code: "Client" | "Server", text: string, detail: string): string {
  const string = element("faultstring", escapeXml(text), { "xml:lang": "en" });
  return envelope(element("soap-env:Fault", `<faultcode>soap-env:${code}</faultcode>${string}${detail}`));
}

function envelope(body: string): string {
  const content = element("soap-env:Header", "") + element("soap-env:Body", body);
  return xmlDeclaration + element("soap-env:Envelope", content, { "xmlns:soap-env": envelopeNamespace });
}
