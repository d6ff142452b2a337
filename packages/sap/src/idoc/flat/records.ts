import { controlFields } from "../control-record.js";

/** One field of a record of fixed width. */
export interface FlatField {
  readonly name: string;
  /** In characters. */
  readonly length: number;
}

/** The control record `EDI_DC40`: 524 characters. */
export const controlRecord: readonly FlatField[] = Object.entries(controlFields).map(([name, length]) => ({
  name,
  length,
}));

/**
 * The data record `EDI_DD40`: 1063 characters.
 * Source: structure `EDI_DD40` as transaction WE60 exports it, "IDoc record types for SAP Release 4.0".
 */
export const dataRecord = [
  /** Segment: its definition, `E2EDK01005`, or its type. */
  { name: "SEGNAM", length: 30 },
  { name: "MANDT", length: 3 },
  { name: "DOCNUM", length: 16 },
  /** Place of the segment within its IDoc, from 1. */
  { name: "SEGNUM", length: 6 },
  /** Place of the segment above it; 0 for none. */
  { name: "PSGNUM", length: 6 },
  /** Level in the hierarchy of the type, from 01. */
  { name: "HLEVEL", length: 2 },
  /** Fields of the segment, one behind the other, each at its full length. */
  { name: "SDATA", length: 1000 },
] as const satisfies readonly FlatField[];

/** Characters of a segment's data. */
export const dataLength = 1000;

/** One record, each field padded with blanks. A value that is longer than its field is the caller's mistake. */
export function writeRecord(
  fields: readonly FlatField[],
  values: Readonly<Record<string, string | undefined>>,
): string {
  return fields.map(({ name, length }) => (values[name] ?? "").slice(0, length).padEnd(length)).join("");
}

/** The fields of a record, without the blanks behind their values. A record that is cut short has blanks there. */
export function readRecord(fields: readonly FlatField[], record: string): Map<string, string> {
  const values = new Map<string, string>();
  let at = 0;
  for (const { name, length } of fields) {
    values.set(name, record.slice(at, at + length).replace(/ +$/, ""));
    at += length;
  }
  return values;
}
