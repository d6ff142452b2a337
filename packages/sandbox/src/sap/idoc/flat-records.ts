import type { AbapRow } from "../business-data.js";
import { findControlProblem, toControlRecord } from "./control-record.js";
import { type IdocMessage, type IdocSegment, InvalidIdocError } from "./idoc-document.js";
import { segmentFields } from "./segments.js";

/** Where the fields of a segment are in its 1000 characters: each has its whole width, filled up with blanks. */
export function readSegmentData(name: string, data: string): AbapRow {
  const row: Record<string, string> = {};
  let at = 0;
  for (const [field, length] of Object.entries(segmentFields[name] ?? {})) {
    const value = data.slice(at, at + length).trimEnd();
    if (value !== "") row[field] = value;
    at += length;
  }
  return row;
}

/**
 * The IDocs of control records (EDI_DC40) and data records (EDI_DD40), which belong together by `DOCNUM`; a segment hangs below the
 * one whose `SEGNUM` its `PSGNUM` names.
 *
 * @throws {InvalidIdocError} for a control record that is not sound, or a data record that belongs nowhere.
 */
export function readFlatIdocs(controls: readonly AbapRow[], data: readonly AbapRow[]): IdocMessage[] {
  if (controls.length === 0) throw new InvalidIdocError("There is no control record");
  const known = new Set(controls.map(({ DOCNUM }) => DOCNUM));
  const stray = data.find(({ DOCNUM }) => !known.has(DOCNUM));
  if (stray !== undefined) throw new InvalidIdocError(`The data record ${stray.SEGNUM} has no control record`);
  return controls.map((given) => {
    const control = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, /^0+$/.test(value) && /^CRE/.test(name) ? "" : value]),
    );
    const problem = findControlProblem(control);
    if (problem !== undefined) throw new InvalidIdocError(problem);
    const records = data.filter(({ DOCNUM }) => DOCNUM === given.DOCNUM);
    return { control: toControlRecord(control), segments: segmentsBelow("000000", records) };
  });
}

function segmentsBelow(parent: string, records: readonly AbapRow[]): IdocSegment[] {
  return records
    .filter(({ PSGNUM, SEGNUM }) => (PSGNUM || "000000") === parent && SEGNUM !== parent)
    .map(({ SEGNAM = "", SEGNUM = "", SDATA = "" }) => {
      const name = segmentType(SEGNAM);
      return { name, fields: readSegmentData(name, SDATA), children: segmentsBelow(SEGNUM, records) };
    });
}

/** The type behind a definition: `E2EDK01005` is release 005 of `E1EDK01`. */
function segmentType(definition: string): string {
  if (!definition.startsWith("E2")) return definition;
  const whole = `E1${definition.slice(2)}`;
  const bare = whole.slice(0, -3);
  return segmentFields[whole] === undefined && /\d{3}$/.test(whole) ? bare : whole;
}
