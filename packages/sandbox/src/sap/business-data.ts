/** A row of a database table or a structure: text by field name, in ABAP's own form (dates `YYYYMMDD`, numbers plain). */
export type AbapRow = Readonly<Record<string, string>>;

/** Master data that is found by its number. */
export interface MasterData {
  /** @param number - With its leading zeros, as the table holds it. */
  find(number: string): AbapRow | undefined;
  /** Every row, in the order of their numbers. */
  list(): readonly AbapRow[];
  /** Adds a row, or merges its fields into the one of the same number. */
  save(row: AbapRow): void;
}

/** One item of a sales order: `POSNR`, `MATNR`, `ARKTX`, `KWMENG`, `VRKME`, `NETPR`, `NETWR`, `WERKS`. */
export type SalesOrderItem = AbapRow;

/** A sales order as tables VBAK and VBAP hold it. */
export interface SalesOrder {
  /** `VBELN`, `AUART`, `VKORG`, `VTWEG`, `SPART`, `KUNNR`, `BSTNK`, `AUDAT`, `VDATU`, `ERDAT`, `ERZET`, `ERNAM`, `WAERK`, `NETWR`. */
  readonly header: AbapRow;
  readonly items: readonly SalesOrderItem[];
}

/** The sales orders that are in the database: committed ones. */
export interface SalesOrders {
  /** Draws a number. One that is never used is lost, as in a number range that is buffered. */
  nextNumber(): string;
  find(number: string): SalesOrder | undefined;
  list(): readonly SalesOrder[];
  add(order: SalesOrder): void;
}

/** What a function module or an IDoc reads and changes. */
export interface BusinessData {
  /** KNA1 by `KUNNR`. */
  customers: MasterData;
  /** MARA by `MATNR`, with `MAKTX` (its text), `NETPR` and `WAERS` (its price) beside the table's own fields. */
  materials: MasterData;
  salesOrders: SalesOrders;
}

/** A number with leading zeros to its full length (conversion exit ALPHA); anything else as it is. */
export function alphaInput(value: string, length: number): string {
  return /^\d+$/.test(value) ? value.padStart(length, "0") : value;
}

/** `YYYYMMDD` of a moment, UTC. */
export function abapDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10).replaceAll("-", "");
}

/** `HHMMSS` of a moment, UTC. */
export function abapTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19).replaceAll(":", "");
}
