// Not TypeScript: the types of these libraries bring those of a browser along, which would then hold for all of the project.
import { webcrypto } from "node:crypto";
import { DOMParser, XMLSerializer } from "@xmldom/xmldom";
import * as xmlCore from "xml-core";
import * as xmldsig from "xmldsigjs";
import xpath from "xpath";

xmlCore.setNodeDependencies({ DOMParser, XMLSerializer, xpath });
xmldsig.Application.setEngine("Node", webcrypto);

export async function verifySignature(text) {
  const signed = new xmldsig.SignedXml(xmldsig.Parse(text));
  const start = text.indexOf("<ds:Signature");
  const end = text.indexOf("</ds:Signature>") + "</ds:Signature>".length;
  signed.LoadXml(text.slice(start, end));
  return signed.Verify().catch(() => false);
}
