/** Parts of a WSDL in the form of `/sap/bc/soap/wsdl`: `xsd:all`, inline types, unqualified parameters, `<module>.Response`. */
export interface WsdlParts {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  /** Named types and imports. */
  readonly types?: string;
  /** Before the types. */
  readonly head?: string;
}

export const functions = "urn:sap-com:document:sap:rfc:functions";

/** A module's WSDL as an AS ABAP gives it. */
export function wsdlOf({ name, input, output, types = "", head = "" }: WsdlParts): string {
  const soap = "http://schemas.xmlsoap.org/wsdl/soap/";
  return `<?xml version="1.0" encoding="utf-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="${soap}"
  xmlns:s0="${functions}" targetNamespace="${functions}">${head}
<types><xsd:schema targetNamespace="${functions}" elementFormDefault="unqualified">${types}
<xsd:element name="${name}"><xsd:complexType><xsd:all>${input}</xsd:all></xsd:complexType></xsd:element>
<xsd:element name="${name}.Response"><xsd:complexType><xsd:all>${output}</xsd:all></xsd:complexType></xsd:element>
</xsd:schema></types>
<message name="${name}.Input"><part name="parameters" element="s0:${name}"/></message>
<message name="${name}.Output"><part name="parameters" element="s0:${name}.Response"/></message>
<portType name="${name}PortType"><operation name="${name}">
  <input message="s0:${name}.Input"/><output message="s0:${name}.Output"/></operation></portType>
<binding name="${name}Binding" type="s0:${name}PortType">
  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
  <operation name="${name}"><soap:operation soapAction="http://www.sap.com/${name}"/>
  <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation></binding>
<service name="${name}Service"><port name="${name}PortType" binding="s0:${name}Binding">
  <soap:address location="http://elsewhere.invalid:8000/sap/bc/soap/rfc"/></port></service>
</definitions>`;
}

/** An element of a simple type, inline as that WSDL has it. */
export function simple(name: string, base: string, facets: Readonly<Record<string, string | number>> = {}): string {
  const inside = Object.entries(facets).map(([facet, value]) => `<xsd:${facet} value="${value}"/>`);
  return `<xsd:element name="${name}" minOccurs="0"><xsd:simpleType><xsd:restriction base="xsd:${base}">${inside.join("")}</xsd:restriction></xsd:simpleType></xsd:element>`;
}

/** A CHAR of that length. */
export function char(name: string, maxLength: number): string {
  return simple(name, "string", { maxLength });
}

/** A NUMC of that length. */
export function numc(name: string, maxLength: number): string {
  return simple(name, "string", { maxLength, pattern: "\\d+" });
}

/** An element of a named type. */
export function typed(name: string, type: string): string {
  return `<xsd:element name="${name}" minOccurs="0" type="${type}"/>`;
}

/** A table of rows of a named type. */
export function table(name: string, type: string): string {
  const item = `<xsd:element name="item" minOccurs="0" maxOccurs="unbounded" type="${type}"/>`;
  return `<xsd:element name="${name}" minOccurs="0"><xsd:complexType><xsd:sequence>${item}</xsd:sequence></xsd:complexType></xsd:element>`;
}

/** A named structure. */
export function structure(name: string, fields: string): string {
  return `<xsd:complexType name="${name}"><xsd:sequence>${fields}</xsd:sequence></xsd:complexType>`;
}

export const bapiret2 = structure(
  "BAPIRET2",
  [
    char("TYPE", 1),
    char("ID", 20),
    numc("NUMBER", 3),
    char("MESSAGE", 220),
    char("LOG_NO", 20),
    numc("LOG_MSG_NO", 6),
    ...[1, 2, 3, 4].map((at) => char(`MESSAGE_V${at}`, 50)),
    char("PARAMETER", 32),
    typed("ROW", "xsd:int"),
    char("FIELD", 30),
    char("SYSTEM", 10),
  ].join(""),
);
