import { ValidationError } from "@isthmus/core";
import { writeXml, type XmlNode } from "../xml/write-xml.js";
import { controlFieldNames } from "./control-record.js";
import type { Idoc, IdocSegment } from "./idoc.js";
import { toXmlName } from "./names.js";
import type { IdocSchema, IdocSegmentRule, IdocSegmentType } from "./schema/idoc-schema.js";

/**
 * Writes IDocs of one type as SAP's IDoc XML, several of them one behind the other in one document.
 *
 * @param schema - Gives the name of the root and the order of the fields. Missing: the root is named by `IDOCTYP`, and fields
 * stand as they were given.
 * @throws {ValidationError} when they are of several types, or hold something that XML cannot carry.
 */
export function writeIdocXml(idocs: readonly Idoc[], schema?: IdocSchema): string {
  return writeXml(toIdocNode(idocs, schema));
}

/** The document of {@link writeIdocXml} as a node, to be put into an envelope. */
export function toIdocNode(idocs: readonly Idoc[], schema?: IdocSchema, namespace?: string): XmlNode {
  const types = new Set(idocs.map(({ control }) => `${control.IDOCTYP} ${control.CIMTYP ?? ""}`));
  const [first] = idocs;
  if (!first || types.size > 1) {
    throw new ValidationError("One XML document holds IDocs of one type. Send those of other types for themselves.");
  }
  return {
    name: toXmlName(schema?.name ?? first.control.IDOCTYP ?? ""),
    ...(namespace !== undefined && { attributes: { xmlns: namespace } }),
    children: idocs.map((idoc) => ({
      name: "IDOC",
      attributes: { BEGIN: "1" },
      children: [toControlNode(idoc), ...idoc.segments.map((segment) => toSegmentNode(segment, schema?.segments))],
    })),
  };
}

function toControlNode({ control }: Idoc): XmlNode {
  const given = controlFieldNames.filter((name) => control[name] !== undefined);
  const children = given.map((name) => ({ name, text: control[name] ?? "" }));
  return { name: "EDI_DC40", attributes: { SEGMENT: "1" }, children };
}

function toSegmentNode(segment: IdocSegment, rules: readonly IdocSegmentRule[] | undefined): XmlNode {
  const type = rules?.find(({ name }) => name === segment.name)?.type;
  return {
    name: toXmlName(segment.name),
    attributes: { SEGMENT: "1" },
    children: [
      ...inOrder(Object.entries(segment.fields), type).map(([name, text]) => ({ name: toXmlName(name), text })),
      ...segment.segments.map((child) => toSegmentNode(child, type?.segments)),
    ],
  };
}

function inOrder(fields: [string, string][], type: IdocSegmentType | undefined): [string, string][] {
  if (!type) return fields;
  const places = new Map([...type.fields.keys()].map((name, at) => [name, at]));
  return fields.toSorted(([a], [b]) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}
