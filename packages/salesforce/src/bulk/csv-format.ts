/** How fields are parted, by Salesforce's names. */
export const columnDelimiters = {
  COMMA: ",",
  TAB: "\t",
  SEMICOLON: ";",
  PIPE: "|",
  CARET: "^",
  BACKQUOTE: "`",
} as const;

/** One of Salesforce's names of {@link columnDelimiters}. */
export type ColumnDelimiter = keyof typeof columnDelimiters;

/** How rows end, by Salesforce's names. */
export type LineEnding = "LF" | "CRLF";

/** Says what is wrong with a CSV text; the error tells whose text it is. Rows count from 1, the header. */
export type CsvFailure = (problem: string, row: number) => Error;

// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm
/** What Salesforce takes and gives in one row and one field. */
export const csvLimits = {
  /** Fields of a row. */
  fields: 5_000,
  /** Characters of a field of an ingest job. */
  ingestFieldChars: 32_000,
  /** Characters of a row of an ingest job. */
  ingestRowChars: 400_000,
  /** Characters of a field of a query's result: a long text area. */
  queryFieldChars: 131_072,
  /** Bytes of a row that are waited for before it counts as broken. A quote that never closes would swallow all the rest. */
  rowBytes: 16 * 1024 * 1024,
} as const;
