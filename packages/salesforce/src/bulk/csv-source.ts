import { ValidationError } from "@isthmus/core";
import type { RecordInput } from "../records.js";
import { blockBytes, type CsvBlock, type CsvBlockOptions, mixedRows } from "./csv-block.js";
import { columnDelimiters, csvLimits, type LineEnding } from "./csv-format.js";
import { RowScanner } from "./row-scanner.js";

/** A character of UTF-8 has at most four bytes. */
const longestRowBytes = 4 * csvLimits.ingestRowChars;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** CSV that is looked through for the ends of its rows, and goes on as it is. */
export class CsvSource {
  readonly #scanner: RowScanner;
  readonly #maxPartBytes: number;
  #header: Buffer | undefined;
  #lineEnding: LineEnding = "LF";
  #fields = 0;
  #row = 1;
  /** What was not given on yet, a part of {@link #buffer}. */
  #bytes: Buffer = Buffer.alloc(0);
  /** Used again for each piece: buffers are memory that V8 gives back late. */
  #buffer = Buffer.alloc(0);
  #isLast = false;

  constructor({ columnDelimiter, maxPartBytes }: CsvBlockOptions) {
    this.#maxPartBytes = maxPartBytes;
    this.#scanner = new RowScanner(columnDelimiters[columnDelimiter], (problem) => this.#refused(problem));
  }

  push(piece: RecordInput | Uint8Array): void {
    if (!(piece instanceof Uint8Array)) throw mixedRows();
    this.#append(piece);
  }

  finish(): void {
    this.#isLast = true;
    if (this.#bytes.length === 0 || this.#bytes.at(-1) === lineFeed) return;
    this.#append(Buffer.from(this.#lineEnding === "LF" ? "\n" : "\r\n"));
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

  /** Whoever had a block is done with it by now. */
  #append(piece: Uint8Array): void {
    const kept = this.#bytes;
    const length = kept.length + piece.length;
    // Not for ever as large as one piece that was far larger than the others.
    const fits = length <= this.#buffer.length && this.#buffer.length <= Math.max(4 * length, 4 * blockBytes);
    const buffer = fits ? this.#buffer : Buffer.allocUnsafeSlow(2 * length);
    kept.copy(buffer);
    buffer.set(piece, kept.length);
    this.#buffer = buffer;
    this.#bytes = buffer.subarray(0, length);
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
