import { ValidationError } from "@isthmus/core";
import type { ColumnDelimiter, LineEnding } from "./csv-format.js";

/** Rows as CSV, in bytes that end with a row. They are the block's until the next one is asked for. */
export interface CsvBlock {
  /** The header, without rows. The same for every block. */
  readonly header: Buffer;
  readonly lineEnding: LineEnding;
  readonly bytes: Buffer;
  readonly rows: number;
}

/** How the input is read. */
export interface CsvBlockOptions {
  /** Of input that is CSV already. */
  readonly columnDelimiter: ColumnDelimiter;
  /** Of input that is records. Default: the fields of the first one. */
  readonly columns?: readonly string[];
  /** What the header and a block may have together. */
  readonly maxPartBytes: number;
}

/** Bytes of a block, where a part has room for as many. */
export const blockBytes = 64 * 1024;

/** What is wrong with rows that are no rows, or of two kinds. */
export function mixedRows(): ValidationError {
  return new ValidationError("The rows are either all records or all CSV, and no record is null.", [
    { path: "rows", message: "must be records, or CSV as bytes" },
  ]);
}
