import { findChild, type VendorMessage, type XmlElement } from "@isthmus/core";
import type { SapFault } from "../../errors/sap-fault.js";
import { writeXml, type XmlNode } from "../../xml/write-xml.js";

/** What SAP says of one IDoc that it took. */
export interface IdocAssignment {
  /** `DOCNUM` that we sent. */
  readonly transferId: string;
  /** Number of the IDoc in the system. */
  readonly databaseId: string;
}

/** A document in a SOAP 1.1 envelope. */
export function writeSoapEnvelope(content: XmlNode): string {
  return writeXml({
    name: "soap:Envelope",
    attributes: { "xmlns:soap": "http://schemas.xmlsoap.org/soap/envelope/" },
    children: [{ name: "soap:Body", children: [content] }],
  });
}

/** Every `ASSIGN` of an answer, wherever the IDoc type's own elements put it. One without both ids says nothing. */
export function findAssignments(root: XmlElement): readonly IdocAssignment[] {
  const found: IdocAssignment[] = [];
  const visit = (element: XmlElement): void => {
    if (element.name === "ASSIGN") {
      const transferId = findChild(element, "TRANSFER_ID")?.text.trim() ?? "";
      const databaseId = findChild(element, "DB_ID")?.text.trim() ?? "";
      if (transferId !== "" && /[1-9]/.test(databaseId)) found.push({ transferId, databaseId });
      return;
    }
    for (const child of element.children) visit(child);
  };
  visit(root);
  return found;
}

/** What a fault says, of SOAP 1.1 or 1.2. `undefined` when the answer is none. */
export function findSoapFault(root: XmlElement): SapFault | undefined {
  const body = root.name === "Envelope" ? findChild(root, "Body") : undefined;
  const fault = body && findChild(body, "Fault");
  if (!fault) return undefined;
  const code = textOf(fault, ["faultcode"]) ?? textOf(fault, ["Code", "Value"]);
  const message = textOf(fault, ["faultstring"]) ?? textOf(fault, ["Reason", "Text"]);
  const detail = findChild(fault, "detail") ?? findChild(fault, "Detail");
  const details = detail ? textsOf(detail) : [];
  const said = [...(message === undefined ? [] : [message]), ...details];
  const messages = said.map((text): VendorMessage => ({ severity: "error", message: text }));
  return {
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(messages.length > 1 && { messages }),
  };
}

function textOf(element: XmlElement, path: readonly string[]): string | undefined {
  const found = path.reduce<XmlElement | undefined>((at, name) => at && findChild(at, name), element);
  return found && shorten(found.text);
}

/** The texts of its leaves: faults of SAP's runtime differ in form by release. */
function textsOf(element: XmlElement): readonly string[] {
  const text = element.children.length === 0 ? shorten(element.text) : undefined;
  return [...(text === undefined ? [] : [text]), ...element.children.flatMap(textsOf)].slice(0, 20);
}

function shorten(text: string): string | undefined {
  const trimmed = text.trim().slice(0, 500);
  return trimmed === "" ? undefined : trimmed;
}
