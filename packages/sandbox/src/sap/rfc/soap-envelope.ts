import { InvalidXmlError, readXml, type XmlElement } from "../../shared/xml/read-xml.js";
import { SoapRefusal } from "./rfc-errors.js";

/** Namespace of function modules and their structures. */
export const rfcNamespace = "urn:sap-com:document:sap:rfc:functions";

/** Namespace of SOAP 1.1. */
export const envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/";

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

/** A name of ABAP's as XML writes it: `/ROP/X` is `_-ROP_-X`. */
export function xmlName(name: string): string {
  return name.replaceAll("/", "_-");
}

/** The opposite of `xmlName`. */
export function abapName(name: string): string {
  return name.replaceAll("_-", "/");
}
