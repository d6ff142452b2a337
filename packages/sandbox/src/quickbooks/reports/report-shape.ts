import type { JsonObject } from "../data/records.js";

/** One cell. */
export interface Cell extends JsonObject {
  readonly value: string;
}

/** A row of `Rows.Row`: data, or a section with a header, rows and a summary. */
export type Row = JsonObject;

/** A cell with the id of what it names, so that a client can follow it. */
export function cell(value: string, id?: string): Cell {
  return id === undefined ? { value } : { value, id };
}

/** An amount as reports print it, such as `1234.50`. */
export function money(cents: bigint): Cell {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
  return { value: `${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}` };
}

/** An amount, or an empty cell for nothing. */
export function moneyOrEmpty(cents: bigint): Cell {
  return cents === 0n ? { value: "" } : money(cents);
}

/** A row of figures. */
export function dataRow(cells: readonly Cell[], group?: string): Row {
  return { ColData: cells, type: "Data", ...(group === undefined ? {} : { group }) };
}

/** A section. What it has no use for is left out, as in the line `Gross Profit`, which is only a summary. */
export function section(parts: {
  group?: string;
  header?: readonly Cell[];
  rows?: readonly Row[];
  summary: readonly Cell[];
}): Row {
  return {
    ...(parts.header === undefined ? {} : { Header: { ColData: parts.header } }),
    ...(parts.rows === undefined ? {} : { Rows: { Row: parts.rows } }),
    Summary: { ColData: parts.summary },
    type: "Section",
    ...(parts.group === undefined ? {} : { group: parts.group }),
  };
}

/** A column; the key is the name that `columns=` and clients know it by. */
export function column(title: string, type: string, key: string): JsonObject {
  return { ColTitle: title, ColType: type, MetaData: [{ Name: "ColKey", Value: key }] };
}

/** What a report is made of, beside its header. */
export interface ReportBody {
  columns: readonly JsonObject[];
  rows: readonly Row[];
  /** Further options of the header. */
  options?: readonly JsonObject[];
}
