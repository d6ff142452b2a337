import { ValidationError } from "@isthmus/core";
import type { RecordInput } from "../records.js";
import { type ColumnDelimiter, columnDelimiters, csvLimits, type LineEnding } from "./csv-format.js";
import { CsvWriter } from "./csv-writer.js";
import { RowScanner } from "./row-scanner.js";

/** What an ingest takes: records, or CSV as bytes or text. All of them are one or the other. */
export type BulkInput = Iterable<RecordInput | Uint8Array | string> | AsyncIterable<RecordInput | Uint8Array | string>;

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

/**
 * The input as blocks of CSV, no more of it in memory than one block and the piece that it came in.
 *
 * @throws {ValidationError} when a row cannot be written, or the CSV is malformed.
 */
export async function* toCsvBlocks(input: BulkInput, options: CsvBlockOptions): AsyncGenerator<CsvBlock, void> {
  let source: RecordSource | CsvSource | undefined;
  const take = (given: RecordInput | Uint8Array | string) => {
    const piece = typeof given === "string" ? Buffer.from(given) : given;
    source ??= piece instanceof Uint8Array ? new CsvSource(options) : new RecordSource(options);
    source.push(piece);
    return source;
  };
  if (Symbol.asyncIterator in input) {
    for await (const given of input) {
      const taken = take(given);
      for (let block = taken.next(); block; block = taken.next()) yield block;
    }
  } else {
    // Without a promise for each row, which is more garbage than the row.
    for (const given of input) {
      const taken = take(given);
      for (let block = taken.next(); block; block = taken.next()) yield block;
    }
  }
  source?.finish();
  for (let block = source?.next(); block; block = source?.next()) yield block;
}

/** Bytes of a block, where a part has room for as many. */
const blockBytes = 64 * 1024;

/** Records that become CSV here. */
class RecordSource {
  readonly #writer: CsvWriter;
  readonly #maxPartBytes: number;
  #header: Buffer | undefined;
  /** Two, in turns: one is filled while what is in the other is read. */
  #buffer = Buffer.allocUnsafeSlow(blockBytes);
  #other = Buffer.allocUnsafeSlow(blockBytes);
  #bytes = 0;
  #rows = 0;
  #ready: CsvBlock | undefined;

  constructor({ columns, maxPartBytes }: CsvBlockOptions) {
    this.#writer = new CsvWriter(columns);
    this.#maxPartBytes = maxPartBytes;
  }

  push(record: RecordInput | Uint8Array): void {
    if (record instanceof Uint8Array || typeof record !== "object" || record === null) throw mixed();
    const row = this.#writer.write(record);
    const bytes = Buffer.byteLength(row);
    this.#header ??= Buffer.from(this.#writer.header);
    const room = this.#maxPartBytes - this.#header.length;
    if (bytes > room) throw this.#writer.refused("", `must not be longer than a part (${this.#maxPartBytes} bytes)`);
    if (this.#bytes + bytes > Math.min(room, blockBytes)) this.finish();
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * bytes);
    this.#bytes += this.#buffer.write(row, this.#bytes);
    this.#rows += 1;
  }

  next(): CsvBlock | undefined {
    const ready = this.#ready;
    this.#ready = undefined;
    return ready;
  }

  finish(): void {
    if (this.#rows === 0 || this.#header === undefined) return;
    const bytes = this.#buffer.subarray(0, this.#bytes);
    this.#ready = { header: this.#header, lineEnding: "LF", bytes, rows: this.#rows };
    [this.#buffer, this.#other] = [this.#other, this.#buffer];
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
  /** What was not given on yet. */
  #bytes: Buffer = Buffer.alloc(0);
  #isLast = false;

  constructor({ columnDelimiter, maxPartBytes }: CsvBlockOptions) {
    this.#maxPartBytes = maxPartBytes;
    this.#scanner = new RowScanner(columnDelimiters[columnDelimiter], (problem) => this.#refused(problem));
  }

  push(piece: RecordInput | Uint8Array): void {
    if (!(piece instanceof Uint8Array)) throw mixed();
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#bytes, piece]);
  }

  finish(): void {
    this.#isLast = true;
    if (this.#bytes.length === 0 || this.#bytes.at(-1) === lineFeed) return;
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(this.#lineEnding === "LF" ? "\n" : "\r\n")]);
  }

  /** As many whole rows as fit into a block; `undefined` when there is none. */
  next(): CsvBlock | undefined {
    const header = this.#header ?? this.#readHeader();
    if (header === undefined) return undefined;
    const room = this.#maxPartBytes - header.length;
    let end = 0;
    let rows = 0;
    while (end < this.#bytes.length) {
      const next = this.#scan(end);
      if (next === -1) break;
      this.#check(end, next, room);
      if (rows > 0 && next > Math.min(room, blockBytes)) break;
      end = next;
      rows += 1;
      this.#row += 1;
    }
    if (rows === 0) return undefined;
    const bytes = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return { header, lineEnding: this.#lineEnding, bytes, rows };
  }

  #readHeader(): Buffer | undefined {
    // The mark itself may be cut.
    if (this.#bytes.length < byteOrderMark.length && !this.#isLast) return undefined;
    // Some editors begin a file with a mark of its encoding; Salesforce would take it for a part of the first name.
    if (this.#bytes.subarray(0, 3).equals(byteOrderMark)) this.#bytes = this.#bytes.subarray(3);
    const end = this.#bytes.length === 0 ? -1 : this.#scan(0);
    if (end === -1) return undefined;
    const row = this.#bytes.subarray(0, end);
    this.#lineEnding = row.at(-2) === carriageReturn ? "CRLF" : "LF";
    this.#fields = this.#scanner.fields;
    this.#row = 2;
    this.#bytes = this.#bytes.subarray(end);
    this.#header = Buffer.from(row);
    return this.#header;
  }

  #scan(from: number): number {
    const bytes = this.#bytes;
    const end = this.#scanner.scan(bytes, from, bytes.length, this.#isLast);
    if (end === -1 && bytes.length - from > longestRowBytes)
      throw this.#refused("it does not end, or a quote is not closed");
    return end;
  }

  /** Looks at the row that the scanner found. */
  #check(from: number, to: number, room: number): void {
    const { fields, starts, ends } = this.#scanner;
    const bytes = this.#bytes;
    if (to - from > room) throw this.#refused(`it is longer than a part (${this.#maxPartBytes} bytes)`);
    if (fields !== this.#fields) throw this.#refused(`it has ${fields} fields, the header ${this.#fields}`);
    const lineEnding = to - from > 1 && bytes[to - 2] === carriageReturn ? "CRLF" : "LF";
    if (lineEnding !== this.#lineEnding) throw this.#refused("it ends otherwise than the header");
    // Bytes are at least as many as characters, so characters are counted only where there is a doubt.
    if (to - from <= csvLimits.ingestFieldChars) return;
    for (let index = 0; index < fields; index += 1) {
      const start = starts[index] ?? 0;
      const end = ends[index] ?? 0;
      if (end - start <= csvLimits.ingestFieldChars) continue;
      if (bytes.toString("utf8", start, end).length <= csvLimits.ingestFieldChars) continue;
      throw this.#refused(`a field is longer than ${csvLimits.ingestFieldChars} characters`);
    }
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
