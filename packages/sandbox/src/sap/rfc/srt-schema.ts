import { element, type XmlAttributes } from "../../shared/xml/write-xml.js";
import type { AbapType } from "./abap-types.js";
import { type AbapStructure, type FunctionModule, isStructure, type Parameter } from "./function-module.js";
import { xmlName } from "./soap-envelope.js";

/** The schema of a web service's messages: one named type for each kind of field, parameters in alphabetical order. */
export function writeSrtSchema(modules: readonly FunctionModule[]): string {
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
