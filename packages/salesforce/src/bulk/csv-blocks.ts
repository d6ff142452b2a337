import { ValidationError } from "@isthmus/core";
import type { RecordInput } from "../records.js";
import { type ColumnDelimiter, columnDelimiters, csvLimits, type LineEnding } from "./csv-format.js";
import { CsvWriter } from "./csv-writer.js";
import { RowScanner } from "./row-scanner.js";

/** What an ingest takes: records, or CSV as bytes or text. All of them are one or the other. */
export type BulkInput = Iterable<RecordInput | Uint8Array | string> | AsyncIterable<RecordInput | Uint8Array | string>;

/** Rows as CSV, in bytes that end with a row. */
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

/**
 * The input as blocks of CSV, no more of it in memory than one block and the piece that it came in.
 *
 * @throws {ValidationError} when a row cannot be written, or the CSV is malformed.
 */
export async function* toCsvBlocks(input: BulkInput, options: CsvBlockOptions): AsyncGenerator<CsvBlock, void> {
  let source: RecordSource | CsvSource | undefined;
  for await (const given of input) {
    const piece = typeof given === "string" ? Buffer.from(given) : given;
    source ??= piece instanceof Uint8Array ? new CsvSource(options) : new RecordSource(options);
    yield* source.push(piece);
  }
  if (source) yield* source.end();
}

/** Bytes of a block, where a part has room for as many. */
const blockBytes = 64 * 1024;

/** Records that become CSV here. */
class RecordSource {
  readonly #writer: CsvWriter;
  readonly #maxPartBytes: number;
  #text = "";
  #bytes = 0;
  #rows = 0;

  constructor({ columns, maxPartBytes }: CsvBlockOptions) {
    this.#writer = new CsvWriter(columns);
    this.#maxPartBytes = maxPartBytes;
  }

  *push(record: RecordInput | Uint8Array): Generator<CsvBlock, void> {
    if (record instanceof Uint8Array || typeof record !== "object" || record === null) throw mixed();
    const row = this.#writer.write(record);
    const bytes = Buffer.byteLength(row);
    const room = this.#maxPartBytes - this.#writer.header.length;
    if (bytes > room) throw this.#writer.refused("", `must not be longer than a part (${this.#maxPartBytes} bytes)`);
    if (this.#bytes + bytes > Math.min(room, blockBytes)) yield* this.end();
    this.#text += row;
    this.#bytes += bytes;
    this.#rows += 1;
  }

  *end(): Generator<CsvBlock, void> {
    if (this.#rows === 0) return;
    const header = Buffer.from(this.#writer.header);
    yield { header, lineEnding: "LF", bytes: Buffer.from(this.#text), rows: this.#rows };
    this.#text = "";
    this.#bytes = 0;
    this.#rows = 0;
  }
}

/** CSV that is looked through for the ends of its rows, and goes on as it is. */
class CsvSource {
  readonly #scanner: RowScanner;
  readonly #maxPartBytes: number;
  #header: Buffer | undefined;
  #lineEnding: LineEnding = "LF";
  #fields = 0;
  #row = 1;
  #rest: Buffer = Buffer.alloc(0);

  constructor({ columnDelimiter, maxPartBytes }: CsvBlockOptions) {
    this.#maxPartBytes = maxPartBytes;
    this.#scanner = new RowScanner(columnDelimiters[columnDelimiter], (problem) => this.#refused(problem));
  }

  *push(piece: RecordInput | Uint8Array): Generator<CsvBlock, void> {
    if (!(piece instanceof Uint8Array)) throw mixed();
    yield* this.#read(Buffer.concat([this.#rest, piece]), false);
    if (this.#rest.length > longestRowBytes) throw this.#refused("it does not end, or a quote is not closed");
  }

  *end(): Generator<CsvBlock, void> {
    if (this.#rest.length === 0) return;
    const lineEnd = Buffer.from(this.#lineEnding === "LF" ? "\n" : "\r\n");
    const endsWithLine = this.#rest.at(-1) === lineFeed;
    yield* this.#read(endsWithLine ? this.#rest : Buffer.concat([this.#rest, lineEnd]), true);
  }

  *#read(bytes: Buffer, isLast: boolean): Generator<CsvBlock, void> {
    let begin = 0;
    let position = 0;
    let rows = 0;
    while (position < bytes.length) {
      const next = this.#scanner.scan(bytes, position, isLast);
      if (next === -1) break;
      if (this.#header === undefined) {
        this.#begin(bytes.subarray(position, next));
        begin = next;
      } else {
        this.#check(bytes, position, next);
        const room = this.#maxPartBytes - this.#header.length;
        if (next - position > room) throw this.#refused(`it is longer than a part (${this.#maxPartBytes} bytes)`);
        if (rows > 0 && next - begin > Math.min(room, blockBytes)) {
          yield this.#block(bytes.subarray(begin, position), rows);
          begin = position;
          rows = 0;
        }
        rows += 1;
      }
      this.#row += 1;
      position = next;
    }
    if (rows > 0) yield this.#block(bytes.subarray(begin, position), rows);
    this.#rest = bytes.subarray(position);
  }

  #begin(row: Buffer): void {
    this.#lineEnding = row.at(-2) === carriageReturn ? "CRLF" : "LF";
    this.#fields = this.#scanner.fields;
    // Some editors begin a file with a mark of its encoding; Salesforce would take it for a part of the first name.
    this.#header = Buffer.from(row.subarray(row.subarray(0, 3).equals(byteOrderMark) ? 3 : 0));
  }

  #check(bytes: Buffer, from: number, to: number): void {
    const { fields, starts, ends } = this.#scanner;
    if (fields !== this.#fields) throw this.#refused(`it has ${fields} fields, the header ${this.#fields}`);
    const lineEnding = to - from > 1 && bytes[to - 2] === carriageReturn ? "CRLF" : "LF";
    if (lineEnding !== this.#lineEnding) throw this.#refused("it ends otherwise than the header");
    // Bytes are at least as many as characters, so this is exact only for what is in doubt.
    if (to - from <= csvLimits.ingestFieldChars) return;
    for (let index = 0; index < fields; index += 1) {
      const [start = 0, end = 0] = [starts[index], ends[index]];
      if (
        end - start > csvLimits.ingestFieldChars &&
        bytes.toString("utf8", start, end).length > csvLimits.ingestFieldChars
      )
        throw this.#refused(`a field is longer than ${csvLimits.ingestFieldChars} characters`);
    }
  }

  #block(bytes: Buffer, rows: number): CsvBlock {
    return { header: this.#header ?? Buffer.alloc(0), lineEnding: this.#lineEnding, bytes, rows };
  }

  #refused(problem: string): ValidationError {
    return new ValidationError(`Row ${this.#row} of the CSV is malformed: ${problem}.`, [
      { path: `rows.${this.#row}`, message: problem },
    ]);
  }
}

/** A character of UTF-8 has at most four bytes. */
const longestRowBytes = 4 * csvLimits.ingestRowChars;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function mixed(): ValidationError {
  return new ValidationError("The rows are either all records or all CSV, and no record is null.", [
    { path: "rows", message: "must be records, or CSV as bytes" },
  ]);
}
