import { element, escapeXml, xmlDeclaration } from "../../shared/xml/write-xml.js";
import type { StoredIdoc } from "./idoc-store.js";

const envelopeNamespace = "http://schemas.xmlsoap.org/soap/envelope/";

/** Namespace of IDocs in SOAP. */
export const idocNamespace = "urn:sap-com:document:sap:idoc:soap:messages";

/**
 * One ASSIGN an IDoc: `TRANSFER_ID` is the number that the sender gave it, `DB_ID` the number under which it is stored.
 *
 * @see https://help.sap.com/docs/cloud-integration (IDoc receiver adapter: SapIDocTransferId, SapIDocDbId, SapIDocAssignMap)
 */
export function writeAssignments(documentName: string, idocs: readonly StoredIdoc[]): string {
  const content = idocs
    .map(({ senderDocnum, docnum }) =>
      element("ASSIGN", element("TRANSFER_ID", escapeXml(senderDocnum)) + element("DB_ID", docnum)),
    )
    .join("");
  return envelope(element(`n0:${documentName}.Response`, content, { "xmlns:n0": idocNamespace }));
}

/** Nothing was stored. */
export function writeIdocFault(message: string): string {
  const fault = element("faultcode", "soap-env:Client") + element("faultstring", escapeXml(message));
  return envelope(element("soap-env:Fault", fault));
}

function envelope(content: string): string {
  const body = element("soap-env:Header", "") + element("soap-env:Body", content);
  return xmlDeclaration + element("soap-env:Envelope", body, { "xmlns:soap-env": envelopeNamespace });
}
