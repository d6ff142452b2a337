import { functions } from "./wsdl.js";

const decimal = (name: string, digits: number, scale: number) =>
  `<xsd:simpleType name="${name}"><xsd:restriction base="xsd:decimal"><xsd:totalDigits value="${digits}"/><xsd:fractionDigits value="${scale}"/></xsd:restriction></xsd:simpleType>`;
const text = (name: string, maxLength: number, pattern = "") =>
  `<xsd:simpleType name="${name}"><xsd:restriction base="xsd:string"><xsd:maxLength value="${maxLength}"/>${pattern}</xsd:restriction></xsd:simpleType>`;
const tableOf = (name: string, row: string) =>
  `<xsd:complexType name="${name}"><xsd:sequence><xsd:element name="item" type="tns:${row}" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType>`;
const binding = (name: string, prefix: string) =>
  `<wsdl:binding name="${name}" type="tns:Z_ORDERS"><${prefix}:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/><wsdl:operation name="Z_ORDER_CREATE"><${prefix}:operation soapAction="${functions}:Z_ORDERS:Z_ORDER_CREATERequest" style="document"/><wsdl:input><${prefix}:body use="literal"/></wsdl:input><wsdl:output><${prefix}:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>`;

/**
 * In the form in which SOAMANAGER of S/4HANA describes a service made of a function module: policies, named simple types
 * (`curr11.2`, `quantum15.3`, `date10`), table types, SOAP 1.2 beside 1.1, and `<module>Response`.
 */
export const soamanagerWsdl = `<?xml version="1.0" encoding="utf-8"?><wsdl:definitions targetNamespace="${functions}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wsoap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:tns="${functions}" xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">
<wsdl:documentation><sidl:sidl xmlns:sidl="http://www.sap.com/2007/03/sidl"/></wsdl:documentation>
<wsp:UsingPolicy wsdl:required="true"/>
<wsp:Policy wsu:Id="IF__Z_ORDERS"><wsp:ExactlyOne><wsp:All><sapsession:Session xmlns:sapsession="http://www.sap.com/webas/630/soap/features/session/"><sapsession:enableSession>false</sapsession:enableSession></sapsession:Session></wsp:All></wsp:ExactlyOne></wsp:Policy>
<wsdl:types><xsd:schema attributeFormDefault="qualified" targetNamespace="${functions}">
${text("char10", 10)}${text("date10", 10, '<xsd:pattern value="\\d\\d\\d\\d-\\d\\d-\\d\\d"/>')}${text("numeric6", 6, '<xsd:pattern value="\\d*"/>')}
${decimal("curr11.2", 11, 2)}${decimal("quantum15.3", 15, 3)}
<xsd:complexType name="ITEM"><xsd:sequence><xsd:element name="ITEM" type="tns:numeric6"/><xsd:element name="QTY" type="tns:quantum15.3"/></xsd:sequence></xsd:complexType>
<xsd:complexType name="PRICE"><xsd:sequence><xsd:element name="PRICE" type="tns:curr11.2"/></xsd:sequence></xsd:complexType>
${tableOf("ITEMS", "ITEM")}${tableOf("PRICES", "PRICE")}
<xsd:element name="Z_ORDER_CREATE"><xsd:complexType><xsd:sequence><xsd:element name="CUST_PO_DATE" type="tns:date10"/><xsd:element name="IT_ITEM" type="tns:ITEMS"/></xsd:sequence></xsd:complexType></xsd:element>
<xsd:element name="Z_ORDER_CREATEResponse"><xsd:complexType><xsd:sequence><xsd:element name="PRICES" type="tns:PRICES"/><xsd:element name="SALES_NO" type="tns:char10"/></xsd:sequence></xsd:complexType></xsd:element>
</xsd:schema></wsdl:types>
<wsdl:message name="Z_ORDER_CREATE"><wsdl:part name="parameters" element="tns:Z_ORDER_CREATE"/></wsdl:message>
<wsdl:message name="Z_ORDER_CREATEResponse"><wsdl:part name="parameter" element="tns:Z_ORDER_CREATEResponse"/></wsdl:message>
<wsdl:portType name="Z_ORDERS"><wsdl:operation name="Z_ORDER_CREATE"><wsdl:input message="tns:Z_ORDER_CREATE"/><wsdl:output message="tns:Z_ORDER_CREATEResponse"/></wsdl:operation></wsdl:portType>
${binding("Z_ORDERS_soap12", "wsoap12")}${binding("Z_ORDERS", "soap")}
<wsdl:service name="Z_ORDERS"><wsdl:port name="Z_ORDERS_soap12" binding="tns:Z_ORDERS_soap12"><wsoap12:address location="https://elsewhere.invalid/a"/></wsdl:port><wsdl:port name="Z_ORDERS" binding="tns:Z_ORDERS"><soap:address location="https://elsewhere.invalid/a"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
