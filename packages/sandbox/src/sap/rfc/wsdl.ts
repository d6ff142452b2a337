import { element, escapeXml, xmlDeclaration } from "../../shared/xml/write-xml.js";
import type { AbapType } from "./abap-types.js";
import { type AbapStructure, type FunctionModule, isStructure, type Parameter } from "./function-module.js";
import { rfcNamespace, xmlName } from "./soap-envelope.js";

/**
 * The WSDL of a function module as `/sap/bc/soap/wsdl` writes it: unqualified parameters in any order, lengths as restrictions.
 *
 * @param location - The address of the SOAP RFC handler.
 * @see https://goenning.net/2014/08/20/connecting-to-sap-with-soap-rfc/ for a document that a system wrote
 */
export function writeWsdl(module: FunctionModule, location: string): string {
  const name = xmlName(module.name);
  const sent = module.parameters.filter(({ direction }) => direction !== "exporting");
  const returned = module.parameters.filter(({ direction }) => direction !== "importing");
  const schema = [
    ...simpleTypes,
    ...structuresOf(module).map(complexType),
    messageElement(name, sent),
    messageElement(`${name}.Response`, returned),
  ].join("");
  return (
    xmlDeclaration +
    element(
      "definitions",
      [
        element("types", element("xsd:schema", schema, { targetNamespace: rfcNamespace })),
        message(`${name}Input`, `s0:${name}`),
        message(`${name}Output`, `s0:${name}.Response`),
        portType(name),
        binding(name),
        service(name, location),
      ].join(""),
      {
        targetNamespace: rfcNamespace,
        xmlns: "http://schemas.xmlsoap.org/wsdl/",
        "xmlns:s0": rfcNamespace,
        "xmlns:xsd": "http://www.w3.org/2001/XMLSchema",
        "xmlns:soap": "http://schemas.xmlsoap.org/wsdl/soap/",
        "xmlns:http": "http://schemas.xmlsoap.org/wsdl/http/",
      },
    )
  );
}

/** The SOAPAction that the WSDL of a function module names. */
export function soapActionOf(functionName: string): string {
  return `http://www.sap.com/${functionName}`;
}

const pattern = (name: string, value: string): string =>
  element("xsd:simpleType", element("xsd:restriction", element("xsd:pattern", "", { value }), { base: "xsd:string" }), {
    name,
  });

// Not xsd:date: an initial date is 0000-00-00, which that type does not know.
const simpleTypes = [pattern("date", "\\d\\d\\d\\d-\\d\\d-\\d\\d"), pattern("time", "\\d\\d:\\d\\d:\\d\\d")];

function structuresOf(module: FunctionModule): AbapStructure[] {
  const types = module.parameters.map(({ type }) => type).filter(isStructure);
  return [...new Map(types.map((type) => [type.name, type])).values()];
}

function complexType({ name, fields }: AbapStructure): string {
  const content = fields.map(([field, type]) => typedElement(xmlName(field), type)).join("");
  return element("xsd:complexType", element("xsd:sequence", content), { name: xmlName(name) });
}

function messageElement(name: string, parameters: readonly Parameter[]): string {
  const content = parameters.map(parameterElement).join("");
  return element("xsd:element", element("xsd:complexType", element("xsd:all", content)), { name });
}

function parameterElement({ name, type, direction, optional }: Parameter): string {
  const minOccurs = optional === false || direction === "exporting" ? undefined : "0";
  if (!isStructure(type)) return typedElement(xmlName(name), type, minOccurs);
  const typeName = `s0:${xmlName(type.name)}`;
  if (direction !== "tables") return element("xsd:element", "", { name: xmlName(name), type: typeName, minOccurs });
  const item = element("xsd:element", "", { name: "item", type: typeName, minOccurs: "0", maxOccurs: "unbounded" });
  const rows = element("xsd:complexType", element("xsd:sequence", item));
  return element("xsd:element", rows, { name: xmlName(name), minOccurs });
}

function typedElement(name: string, type: AbapType, minOccurs?: string): string {
  const builtIn = builtInType(type);
  if (builtIn !== undefined) return element("xsd:element", "", { name, type: builtIn, minOccurs });
  return element("xsd:element", element("xsd:simpleType", restriction(type)), { name, minOccurs });
}

function builtInType(type: AbapType): string | undefined {
  switch (type.kind) {
    case "dats":
      return "s0:date";
    case "tims":
      return "s0:time";
    case "string":
      return "xsd:string";
    case "xstring":
      return "xsd:base64Binary";
    case "float":
      return "xsd:double";
    case "int":
      return { 1: "xsd:unsignedByte", 2: "xsd:short", 4: "xsd:int", 8: "xsd:long" }[type.bytes];
    default:
      return undefined;
  }
}

function restriction(type: AbapType): string {
  const facet = (name: string, value: string | number): string => element(`xsd:${name}`, "", { value: String(value) });
  const restrict = (base: string, facets: string): string =>
    element("xsd:restriction", facets, { base: `xsd:${base}` });
  switch (type.kind) {
    case "char":
      return restrict("string", facet("maxLength", type.length));
    case "numc":
      return restrict("string", facet("maxLength", type.length) + facet("pattern", "\\d*"));
    case "raw":
      return restrict("base64Binary", facet("maxLength", type.length));
    case "decimal":
      return restrict("decimal", facet("totalDigits", type.digits) + facet("fractionDigits", type.decimals));
    default:
      throw new Error(`${type.kind} is a type of its own.`);
  }
}

function message(name: string, typeName: string): string {
  return element("message", element("part", "", { name: "parameters", element: typeName }), { name });
}

function portType(name: string): string {
  const content =
    element("input", "", { message: `s0:${name}Input` }) + element("output", "", { message: `s0:${name}Output` });
  return element("portType", element("operation", content, { name }), { name: `${name}PortType` });
}

function binding(name: string): string {
  const body = element("soap:body", "", { use: "literal" });
  const operation =
    element("soap:operation", "", { soapAction: soapActionOf(name) }) +
    element("input", body) +
    element("output", body);
  const transport = { style: "document", transport: "http://schemas.xmlsoap.org/soap/http" };
  return element("binding", element("soap:binding", "", transport) + element("operation", operation, { name }), {
    name: `${name}Binding`,
    type: `s0:${name}PortType`,
  });
}

function service(name: string, location: string): string {
  const port = element("port", element("soap:address", "", { location }), {
    name: `${name}PortType`,
    binding: `s0:${name}Binding`,
  });
  const documentation = element("documentation", escapeXml(`SAP Service ${name} via SOAP`));
  return element("service", documentation + port, { name: `${name}Service` });
}
