import { element, xmlDeclaration } from "../../shared/xml/write-xml.js";
import type { FunctionModule } from "./function-module.js";
import { rfcNamespace, xmlName } from "./soap-envelope.js";
import { writeSrtSchema } from "./srt-schema.js";

/** The SOAPAction of an operation of a service. */
export function srtSoapAction(service: string, functionName: string): string {
  return `${rfcNamespace}:${service}:${functionName}Request`;
}

/**
 * The WSDL of a web service as SOAMANAGER gives it out: one named type for each kind of field, parameters in alphabetical order,
 * exceptions as faults. Its policies are left out.
 *
 * @param location - The address of the binding.
 */
export function writeSrtWsdl(service: string, modules: readonly FunctionModule[], location: string): string {
  const content = [
    element(
      "wsdl:types",
      element("xsd:schema", writeSrtSchema(modules), {
        attributeFormDefault: "qualified",
        targetNamespace: rfcNamespace,
      }),
    ),
    ...modules.flatMap(writeMessages),
    element("wsdl:portType", modules.map(portOperation).join(""), { name: service }),
    writeBinding(service, modules),
    writeService(service, location),
  ];
  return (
    xmlDeclaration +
    element("wsdl:definitions", content.join(""), {
      targetNamespace: rfcNamespace,
      "xmlns:wsdl": "http://schemas.xmlsoap.org/wsdl/",
      "xmlns:xsd": "http://www.w3.org/2001/XMLSchema",
      "xmlns:soap": "http://schemas.xmlsoap.org/wsdl/soap/",
      "xmlns:tns": rfcNamespace,
    })
  );
}

function writeMessages(module: FunctionModule): string[] {
  const name = xmlName(module.name);
  const suffixes = ["", "Response", ...(module.exceptions.length > 0 ? [".Exception"] : [])];
  return suffixes.map((suffix) => {
    const part = element("wsdl:part", "", { name: "parameters", element: `tns:${name}${suffix}` });
    return element("wsdl:message", part, { name: `${name}${suffix}` });
  });
}

function portOperation(module: FunctionModule): string {
  const name = xmlName(module.name);
  const fault = { name: `${name}.Exception`, message: `tns:${name}.Exception` };
  const content =
    element("wsdl:input", "", { message: `tns:${name}` }) +
    element("wsdl:output", "", { message: `tns:${name}Response` }) +
    (module.exceptions.length > 0 ? element("wsdl:fault", "", fault) : "");
  return element("wsdl:operation", content, { name });
}

function writeBinding(service: string, modules: readonly FunctionModule[]): string {
  const body = element("soap:body", "", { use: "literal" });
  const operations = modules.map((module) => {
    const name = xmlName(module.name);
    const action = { soapAction: srtSoapAction(service, name), style: "document" };
    const fault = element("soap:fault", "", { name: `${name}.Exception`, use: "literal" });
    const content =
      element("soap:operation", "", action) +
      element("wsdl:input", body) +
      element("wsdl:output", body) +
      (module.exceptions.length > 0 ? element("wsdl:fault", fault, { name: `${name}.Exception` }) : "");
    return element("wsdl:operation", content, { name });
  });
  const transport = { transport: "http://schemas.xmlsoap.org/soap/http", style: "document" };
  return element("wsdl:binding", element("soap:binding", "", transport) + operations.join(""), {
    name: service,
    type: `tns:${service}`,
  });
}

function writeService(service: string, location: string): string {
  const port = element("wsdl:port", element("soap:address", "", { location }), {
    name: service,
    binding: `tns:${service}`,
  });
  return element("wsdl:service", port, { name: service });
}
