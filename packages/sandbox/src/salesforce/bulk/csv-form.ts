/** The characters that may stand between columns, by their names. */
export const delimiters: Readonly<Record<string, string>> = {
  BACKQUOTE: "`",
  CARET: "^",
  COMMA: ",",
  PIPE: "|",
  SEMICOLON: ";",
  TAB: "\t",
};

/** The line endings by their names. */
export const lineEndings: Readonly<Record<string, string>> = { LF: "\n", CRLF: "\r\n" };

/** How the CSV of one job is written. */
export interface CsvForm {
  /** A key of `delimiters`. */
  columnDelimiter: string;
  /** A key of `lineEndings`. */
  lineEnding: string;
}

/** Writes a line. Salesforce quotes every value, whether it must or not. */
export function writeRow(values: readonly string[], form: CsvForm): string {
  const cells = values.map((value) => `"${value.includes('"') ? value.replaceAll('"', '""') : value}"`);
  return cells.join(delimiters[form.columnDelimiter]) + (lineEndings[form.lineEnding] ?? "\n");
}
