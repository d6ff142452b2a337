import { ValidationError } from "@isthmus/core";
import { type IdocStatus, toIdocStatus } from "./idoc-status.js";

/** Reads rows of a table of the system, by whatever way there is to it: `RFC_READ_TABLE`, or a service of the customer's. */
export interface TableReader {
  /**
   * @param fields - Columns that are wanted.
   * @param options.where - Lines of an ABAP condition, at most 72 characters each, joined by the system.
   * @returns values by column, blanks at their ends or not.
   */
  readTable(
    table: string,
    fields: readonly string[],
    options: { readonly where: readonly string[] },
  ): Promise<readonly Readonly<Record<string, string>>[]>;
}

/** Which IDocs are asked for: by their number in the system, or by the `ARCKEY` that they were sent with. */
export type IdocLookup = { readonly docnum: string } | { readonly arckey: string };

/** An IDoc as the system has it. */
export interface StoredIdocStatus {
  /** 16 digits. */
  readonly docnum: string;
  /** Message type. */
  readonly messageType: string;
  /** Basic type. */
  readonly idocType: string;
  readonly arckey: string;
  readonly current: IdocStatus;
  /** All that it came to, the first first. */
  readonly history: readonly IdocStatus[];
}

const controlColumns = ["DOCNUM", "STATUS", "DIRECT", "MESTYP", "IDOCTP", "UPDDAT", "UPDTIM", "ARCKEY"];

// Their widths together stay below the 512 characters that RFC_READ_TABLE gives a row.
const statusColumns = [
  ...["DOCNUM", "COUNTR", "LOGDAT", "LOGTIM", "STATUS", "STATYP", "STAMID", "STAMNO"],
  ...["STATXT", "STAPA1", "STAPA2", "STAPA3", "STAPA4", "SEGNUM", "SEGFLD"],
];

/**
 * Reads what became of IDocs: tables `EDIDC` (what is now) and `EDIDS` (what was). After a lost answer, a look-up by `arckey`
 * tells whether the system has the IDoc: none found is a no, as far as the system had finished when it was asked.
 *
 * @returns one for each that the system has; several where one `ARCKEY` was sent twice.
 */
export async function readIdocStatus(reader: TableReader, lookup: IdocLookup): Promise<readonly StoredIdocStatus[]> {
  const where = "docnum" in lookup ? [`DOCNUM EQ '${toDocnum(lookup.docnum)}'`] : [arckeyCondition(lookup.arckey)];
  const rows = await reader.readTable("EDIDC", controlColumns, { where });
  const found = "arckey" in lookup ? rows.filter(({ ARCKEY }) => ARCKEY?.trimEnd() === lookup.arckey) : rows;
  return await Promise.all(found.map((row) => withHistory(reader, row)));
}

async function withHistory(reader: TableReader, row: Readonly<Record<string, string>>): Promise<StoredIdocStatus> {
  const docnum = toDocnum(row.DOCNUM?.trim() ?? "");
  const rows = await reader.readTable("EDIDS", statusColumns, { where: [`DOCNUM EQ '${docnum}'`] });
  const history = rows.toSorted((a, b) => orderOf(a) - orderOf(b)).map(toIdocStatus);
  const status = row.STATUS?.trim() ?? "";
  const last = history.findLast((each) => each.status === status);
  const current = last ?? toIdocStatus({ DOCNUM: docnum, STATUS: status, LOGDAT: row.UPDDAT, LOGTIM: row.UPDTIM });
  const text = (name: string) => row[name]?.trim() ?? "";
  return {
    docnum,
    messageType: text("MESTYP"),
    idocType: text("IDOCTP"),
    arckey: row.ARCKEY?.trimEnd() ?? "",
    current,
    history,
  };
}

function orderOf({ COUNTR = "" }: Readonly<Record<string, string>>): number {
  return Number(COUNTR.trim()) || 0;
}

function toDocnum(docnum: string): string {
  if (/^\d{1,16}$/.test(docnum)) return docnum.padStart(16, "0");
  throw new ValidationError("The number of an IDoc has at most 16 digits.", [
    { path: "docnum", message: "At most 16 digits are expected." },
  ]);
}

/** Of a key that is too long for one line of a condition, its beginning; what it finds is compared in full afterwards. */
function arckeyCondition(arckey: string): string {
  if (arckey === "" || arckey.length > 70) {
    throw new ValidationError("An ARCKEY has 1 to 70 characters.", [
      { path: "arckey", message: "1 to 70 characters." },
    ]);
  }
  const exact = `ARCKEY EQ '${quote(arckey)}'`;
  if (exact.length <= 72) return exact;
  let start = arckey.slice(0, 50);
  while (quote(start).length > 50) start = start.slice(0, -1);
  // In LIKE, _ and % stand for others too: that finds more, never less.
  return `ARCKEY LIKE '${quote(start)}%'`;
}

function quote(text: string): string {
  return text.replaceAll("'", "''");
}
