import { ConnectorError } from "@isthmus/core";
import { type IdocControl, isControlField } from "../control-record.js";
import { type Idoc, type IdocSegment, maxSegmentLevels } from "../idoc.js";
import { type IdocSegmentType, segmentTypes } from "../schema/idoc-schema.js";
import { controlRecord, dataRecord, readRecord } from "./records.js";
import { type FlatOptions, toFlatFields } from "./write-flat.js";

interface OpenSegment extends IdocSegment {
  readonly segments: OpenSegment[];
}

/**
 * Reads IDocs in the flat form. Fields that are blank are left out. Lines may end in CR LF or LF, and be cut at their last
 * character that is no blank, as SAP's own files are.
 *
 * @param text - Decoded: whether a file is in UTF-8 or in a code page of the system, only its port knows.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for a record that is neither control nor data, a segment that the schema does
 * not have, numbers that make no tree.
 * @throws {ValidationError} when the schema cannot say where the fields of a segment stand.
 */
export function parseFlatIdocs(text: string, options: FlatOptions): readonly Idoc[] {
  const types = segmentTypes(options.schema);
  const names = new SegmentNames(options, types);
  const idocs: { control: IdocControl; segments: OpenSegment[] }[] = [];
  let open = new Map<number, { segment: OpenSegment; level: number }>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    if (line.startsWith("EDI_DC40")) {
      idocs.push({ control: readControl(line), segments: [] });
      open = new Map();
      continue;
    }
    const idoc = idocs.at(-1);
    if (!idoc) throw unreadable(at, "It is not a control record EDI_DC40");
    const record = readRecord(dataRecord, line);
    const name = names.find(record.get("SEGNAM") ?? "", at);
    const segment: OpenSegment = { name, fields: readFields(name, record.get("SDATA") ?? "", types), segments: [] };
    const number = readNumber(record.get("SEGNUM"), at);
    const parentNumber = readNumber(record.get("PSGNUM"), at);
    const parent = open.get(parentNumber);
    if (parentNumber !== 0 && !parent) throw unreadable(at, "Its PSGNUM names no segment before it");
    if (open.has(number) || number === 0) throw unreadable(at, "Its SEGNUM is not one of its own");
    const level = (parent?.level ?? 0) + 1;
    if (level > maxSegmentLevels) throw unreadable(at, `It lies deeper than ${maxSegmentLevels} levels`);
    (parent?.segment ?? idoc).segments.push(segment);
    open.set(number, { segment, level });
  }
  if (idocs.length === 0) throw unreadable(0, "There is no control record EDI_DC40");
  return idocs;
}

/** Segment types by what a record calls them. */
class SegmentNames {
  readonly #byDefinition: ReadonlyMap<string, string>;
  readonly #types: ReadonlyMap<string, IdocSegmentType>;

  constructor({ segmentDefinitions = {} }: FlatOptions, types: ReadonlyMap<string, IdocSegmentType>) {
    this.#byDefinition = new Map(Object.entries(segmentDefinitions).map(([type, definition]) => [definition, type]));
    this.#types = types;
  }

  find(given: string, line: number): string {
    const name = [given, this.#byDefinition.get(given), ...typesOf(given)].find(
      (candidate) => candidate !== undefined && this.#types.has(candidate),
    );
    if (name !== undefined) return name;
    throw unreadable(line, "The schema does not have its segment");
  }
}

/** SAP names a definition by its type: `E1EDK01` has `E2EDK01`, and later `E2EDK01001` to `E2EDK01005`. */
function typesOf(definition: string): readonly string[] {
  const type = definition.replace(/^((?:\/\w+\/)?[EZ])2/, (_match, start: string) => `${start}1`);
  return type === definition ? [] : [type, type.replace(/\d{3}$/, "")];
}

function readControl(line: string): IdocControl {
  const values = [...readRecord(controlRecord, line)].filter(([name, value]) => value !== "" && isControlField(name));
  return Object.fromEntries(values);
}

function readFields(
  segment: string,
  data: string,
  types: ReadonlyMap<string, IdocSegmentType>,
): Readonly<Record<string, string>> {
  const type = types.get(segment);
  const values = type ? [...readRecord(toFlatFields(segment, type), data)] : [];
  return Object.fromEntries(values.filter(([, value]) => value !== ""));
}

function readNumber(text: string | undefined, line: number): number {
  if (text !== undefined && /^\d{1,6}$/.test(text)) return Number(text);
  throw unreadable(line, "Its SEGNUM or PSGNUM is no number");
}

function unreadable(line: number, problem: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `Line ${line + 1} is not a record of an IDoc. ${problem}.`);
}
