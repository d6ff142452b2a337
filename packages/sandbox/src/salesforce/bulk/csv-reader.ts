import { type CsvForm, delimiters } from "./csv-form.js";

/** The text is no CSV as the job said it would be; the job fails with this message. */
export class BadCsvError extends Error {
  override readonly name = "BadCsvError";
}

const quote = 34;
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Reads CSV in pieces of some thousand rows, holding no more than a piece and the row that it ends in.
 *
 * Empty lines are passed over. Unquoted and quoted values come out alike.
 *
 * @throws {BadCsvError} for line endings other than the job's, and for quotes that do not match.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>, form: CsvForm): AsyncGenerator<string[][]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of source) {
    const piece = readRows(rest + decoder.decode(chunk, { stream: true }), form, false);
    rest = piece.rest;
    if (piece.rows.length > 0) yield piece.rows;
  }
  const last = readRows(rest + decoder.decode(), form, true);
  if (last.rows.length > 0) yield last.rows;
}

function readRows(text: string, form: CsvForm, final: boolean): { rows: string[][]; rest: string } {
  const rows: string[][] = [];
  let from = 0;
  while (from < text.length) {
    const row: string[] = [];
    const next = readRow(text, from, form, final, row);
    if (next === undefined) break;
    const empty = text.charCodeAt(from) === lineFeed || text.startsWith("\r\n", from);
    from = next;
    if (!empty) rows.push(row);
  }
  return { rows, rest: text.slice(from) };
}

/** @returns where the next row begins, or `undefined` when the text ends within this one and more may come. */
function readRow(text: string, from: number, form: CsvForm, final: boolean, row: string[]): number | undefined {
  const delimiter = delimiters[form.columnDelimiter]?.charCodeAt(0) ?? 44;
  let at = from;
  for (;;) {
    const end = text.charCodeAt(at) === quote ? readQuoted(text, at, final, row) : readPlain(text, at, delimiter, row);
    if (end === undefined || (!final && end >= text.length)) return undefined;
    if (end >= text.length) return text.length;
    const code = text.charCodeAt(end);
    if (code === delimiter) {
      at = end + 1;
      // What stands behind the last delimiter is known only when more has come.
      if (at === text.length && !final) return undefined;
      continue;
    }
    if (code === carriageReturn && end + 1 === text.length && !final) return undefined;
    const lineEnd = code === lineFeed ? "LF" : text.startsWith("\r\n", end) ? "CRLF" : undefined;
    if (lineEnd === undefined) throw new BadCsvError("InvalidBatch : Found text behind a quoted value");
    assertLineEnding(form, lineEnd);
    return end + (lineEnd === "LF" ? 1 : 2);
  }
}

/** @returns where the value ends: behind its closing quote. */
function readQuoted(text: string, at: number, final: boolean, row: string[]): number | undefined {
  const close = findClosingQuote(text, at + 1);
  if (close < 0) {
    if (final) throw new BadCsvError("InvalidBatch : The quoted value does not end");
    return undefined;
  }
  row.push(text.slice(at + 1, close).replaceAll('""', '"'));
  return close + 1;
}

/** @returns where the value ends: before a delimiter or a line ending. */
function readPlain(text: string, at: number, delimiter: number, row: string[]): number {
  let end = at;
  while (end < text.length && text.charCodeAt(end) !== delimiter && text.charCodeAt(end) !== lineFeed) end += 1;
  if (end > at && text.charCodeAt(end) === lineFeed && text.charCodeAt(end - 1) === carriageReturn) end -= 1;
  row.push(text.slice(at, end));
  return end;
}

function findClosingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2);
  return at;
}

function assertLineEnding(form: CsvForm, found: string): void {
  if (found === form.lineEnding) return;
  throw new BadCsvError(
    `ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is ${form.lineEnding}`,
  );
}
