import { element, type XmlAttributes, xmlDeclaration } from "../xml/write-xml.js";
import type { AbapType } from "./abap-types.js";
import { type AbapStructure, type FunctionModule, isStructure, type Parameter } from "./function-module.js";
import { rfcNamespace, xmlName } from "./soap-envelope.js";

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
      element("xsd:schema", writeSchema(modules), { attributeFormDefault: "qualified", targetNamespace: rfcNamespace }),
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

function writeSchema(modules: readonly FunctionModule[]): string {
  const parameters = modules.flatMap(({ parameters: own }) => own);
  const structures = new Map(
    parameters
      .map(({ type }) => type)
      .filter(isStructure)
      .map((type) => [type.name, type]),
  );
  const scalars = [
    ...parameters.flatMap(({ type }) => (isStructure(type) ? [] : [type])),
    ...[...structures.values()].flatMap(({ fields }) => fields.map(([, type]) => type)),
  ];
  const simple = new Map(scalars.map((type) => [typeName(type), simpleType(type)]));
  const tables = new Set(
    parameters
      .filter(({ direction }) => direction === "tables")
      .map(({ type }) => (isStructure(type) ? type.name : "")),
  );
  const raising = modules.some(({ exceptions }) => exceptions.length > 0);
  return [
    ...[...simple.keys()].sort().map((name) => simple.get(name) ?? ""),
    ...[...structures.values()].map(structureType),
    ...[...tables].map(tableType),
    raising ? messageType : "",
    ...modules.map(writeElements),
  ].join("");
}

/** `tns:char10`, or a type of XML Schema's own. */
function typeName(type: AbapType): string {
  switch (type.kind) {
    case "char":
      return `tns:char${type.length}`;
    case "numc":
      return `tns:numeric${type.length}`;
    case "raw":
      return `tns:byte${type.length}`;
    case "decimal":
      return `tns:decimal${type.digits}.${type.decimals}`;
    case "dats":
      return "tns:date10";
    case "tims":
      return "tns:time";
    case "int":
      return { 1: "xsd:unsignedByte", 2: "xsd:short", 4: "xsd:int", 8: "xsd:long" }[type.bytes];
    case "string":
      return "xsd:string";
    case "xstring":
      return "xsd:base64Binary";
    case "float":
      return "xsd:double";
  }
}

function simpleType(type: AbapType): string {
  const facet = (name: string, value: string | number): string => element(`xsd:${name}`, "", { value: String(value) });
  const define = (base: string, ...facets: string[]): string =>
    element("xsd:simpleType", element("xsd:restriction", facets.join(""), { base: `xsd:${base}` }), {
      name: typeName(type).replace("tns:", ""),
    });
  switch (type.kind) {
    case "char":
      return define("string", facet("maxLength", type.length));
    case "numc":
      return define("string", facet("maxLength", type.length), facet("pattern", "\\d*"));
    case "raw":
      return define("base64Binary", facet("maxLength", type.length));
    case "decimal":
      return define("decimal", facet("totalDigits", type.digits), facet("fractionDigits", type.decimals));
    case "dats":
      return define("string", facet("maxLength", 10), facet("pattern", "\\d\\d\\d\\d-\\d\\d-\\d\\d"));
    case "tims":
      return define("string", facet("pattern", "\\d\\d:\\d\\d:\\d\\d"));
    default:
      return "";
  }
}

function structureType({ name, fields }: AbapStructure): string {
  return complexType(
    xmlName(name),
    fields.map(([field, type]) => xsdElement(xmlName(field), typeName(type))),
  );
}

function tableType(name: string): string {
  const item = { minOccurs: "0", maxOccurs: "unbounded" };
  return complexType(`TABLE_OF_${xmlName(name)}`, [xsdElement("item", `tns:${xmlName(name)}`, item)]);
}

const messageType = complexType("RfcException.Message", [
  xsdElement("ID", "xsd:string"),
  xsdElement("Number", "xsd:string"),
]);

function writeElements(module: FunctionModule): string {
  const name = xmlName(module.name);
  const sorted = module.parameters.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const sent = sorted.filter(({ direction }) => direction !== "exporting").map(parameterElement);
  const returned = sorted.filter(({ direction }) => direction !== "importing").map(parameterElement);
  return messageElement(name, sent) + messageElement(`${name}Response`, returned) + exceptionElements(module, name);
}

function exceptionElements({ exceptions }: FunctionModule, name: string): string {
  if (exceptions.length === 0) return "";
  const values = exceptions.map((exception) => element("xsd:enumeration", "", { value: exception })).join("");
  const names = element("xsd:simpleType", element("xsd:restriction", values, { base: "xsd:string" }), {
    name: `${name}.RfcExceptions`,
  });
  const type = complexType(`${name}.RfcException`, [
    xsdElement("Name", `tns:${name}.RfcExceptions`),
    xsdElement("Text", "xsd:string", { minOccurs: "0" }),
    xsdElement("Message", "tns:RfcException.Message", { minOccurs: "0" }),
  ]);
  return names + type + xsdElement(`${name}.Exception`, `tns:${name}.RfcException`);
}

function parameterElement({ name, type, direction, optional }: Parameter): string {
  const occurs = optional === false || direction === "exporting" ? {} : { minOccurs: "0" };
  const typed = isStructure(type)
    ? `tns:${direction === "tables" ? "TABLE_OF_" : ""}${xmlName(type.name)}`
    : typeName(type);
  return xsdElement(xmlName(name), typed, occurs);
}

function messageElement(name: string, content: readonly string[]): string {
  const type = element("xsd:complexType", element("xsd:sequence", content.join("")));
  return element("xsd:element", type, { name });
}

function complexType(name: string, content: readonly string[]): string {
  return element("xsd:complexType", element("xsd:sequence", content.join("")), { name });
}

function xsdElement(name: string, type: string, attributes: XmlAttributes = {}): string {
  return element("xsd:element", "", { name, type, ...attributes });
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
