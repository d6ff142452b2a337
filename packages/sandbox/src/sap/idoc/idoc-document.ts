import { findChild, type XmlElement } from "../../shared/xml/read-xml.js";
import { element, escapeXml, xmlDeclaration } from "../../shared/xml/write-xml.js";
import type { AbapRow } from "../business-data.js";
import { abapName, xmlName } from "../rfc/soap-envelope.js";
import { findControlProblem, toControlRecord } from "./control-record.js";

/** A segment with its fields and the segments below it. */
export interface IdocSegment {
  readonly name: string;
  readonly fields: AbapRow;
  readonly children: readonly IdocSegment[];
}

/** An IDoc as it travels. */
export interface IdocMessage {
  readonly control: AbapRow;
  readonly segments: readonly IdocSegment[];
}

/** What came in is no IDoc; nothing of it is stored. */
export class InvalidIdocError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "InvalidIdocError";
}

/**
 * The IDocs of a document `<TYPE><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">…`; there may be several.
 *
 * @throws {InvalidIdocError} when one of them has no sound control record: none is taken then.
 */
export function readIdocs(root: XmlElement): IdocMessage[] {
  const idocs = root.children.filter(({ name }) => name === "IDOC");
  if (idocs.length === 0) throw new InvalidIdocError(`The document ${root.name} has no IDOC`);
  return idocs.map(readIdoc);
}

/** An IDoc as a document of its own. */
export function writeIdoc({ control, segments }: IdocMessage): string {
  const given = Object.entries(control).filter(([, value]) => value !== "");
  const record = given.map(([name, value]) => element(name, escapeXml(value))).join("");
  const content = element("EDI_DC40", record, { SEGMENT: "1" }) + segments.map(writeSegment).join("");
  const name = xmlName(control.CIMTYP || control.IDOCTYP || "");
  return xmlDeclaration + element(name, element("IDOC", content, { BEGIN: "1" }));
}

function readIdoc(idoc: XmlElement): IdocMessage {
  const record = findChild(idoc, "EDI_DC40");
  if (record === undefined) throw new InvalidIdocError("The IDoc has no control record EDI_DC40");
  if (idoc.children[0] !== record) throw new InvalidIdocError("The control record is not the first record of the IDoc");
  const control = fieldsOf(record);
  const problem = findControlProblem(control);
  if (problem !== undefined) throw new InvalidIdocError(problem);
  return { control: toControlRecord(control), segments: idoc.children.slice(1).map(readSegment) };
}

// A segment is told from a field by its attribute SEGMENT="1"; clients that leave it out are understood by what is in the element.
function readSegment(given: XmlElement): IdocSegment {
  const children = given.children.filter(isSegment).map(readSegment);
  return { name: abapName(given.name), fields: fieldsOf(given), children };
}

function isSegment(given: XmlElement): boolean {
  return given.attributes.has("SEGMENT") || given.children.length > 0;
}

function fieldsOf(given: XmlElement): AbapRow {
  const own = given.children.filter((child) => !isSegment(child));
  return Object.fromEntries(own.map(({ name, text }) => [abapName(name), text.trimEnd()]));
}

function writeSegment({ name, fields, children }: IdocSegment): string {
  const values = Object.entries(fields).map(([field, value]) => element(xmlName(field), escapeXml(value)));
  return element(xmlName(name), values.join("") + children.map(writeSegment).join(""), { SEGMENT: "1" });
}
