import { type CsvForm, delimiters } from "./csv-form.js";

/** The text is no CSV as the job said it would be; the job fails with this message. */
export class BadCsvError extends Error {
  override readonly name = "BadCsvError";
}

const quote = 34;
const lineFeed = 10;

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

/** @returns where the next row begins, or `undefined` when the text ends within this one. */
function readRow(text: string, from: number, form: CsvForm, final: boolean, row: string[]): number | undefined {
  const delimiter = delimiters[form.columnDelimiter]?.charCodeAt(0) ?? 44;
  let at = from;
  for (;;) {
    let value: string;
    if (text.charCodeAt(at) === quote) {
      const close = findClosingQuote(text, at + 1);
      if (close < 0 || (close === text.length - 1 && !final)) {
        if (final) throw new BadCsvError("InvalidBatch : The quoted value does not end");
        return undefined;
      }
      value = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
      // The line ending may stand right behind the quote; nothing else but the delimiter may.
      if (text.charCodeAt(at) === 13) {
        if (at + 1 >= text.length && !final) return undefined;
        if (text.charCodeAt(at + 1) === lineFeed) {
          row.push(value);
          assertLineEnding(form, "CRLF");
          return at + 2;
        }
      }
      if (at < text.length && text.charCodeAt(at) !== delimiter && text.charCodeAt(at) !== lineFeed) {
        throw new BadCsvError("InvalidBatch : Found text behind a quoted value");
      }
    } else {
      let end = at;
      while (end < text.length && text.charCodeAt(end) !== delimiter && text.charCodeAt(end) !== lineFeed) end += 1;
      if (end === text.length && !final) return undefined;
      value = text.slice(at, end);
      at = end;
    }
    if (at < text.length && text.charCodeAt(at) === delimiter) {
      row.push(value);
      at += 1;
      if (at === text.length && !final) return undefined;
      continue;
    }
    if (at >= text.length) {
      if (!final) return undefined;
      row.push(value);
      return text.length;
    }
    const returned = value.endsWith("\r");
    row.push(returned ? value.slice(0, -1) : value);
    assertLineEnding(form, returned ? "CRLF" : "LF");
    return at + 1;
  }
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
