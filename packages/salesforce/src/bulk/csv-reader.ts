import { isUtf8 } from "node:buffer";
import { type CsvFailure, csvLimits } from "./csv-format.js";
import { RowScanner } from "./row-scanner.js";

/** A row: its values as text under the names of the header. */
export type CsvRow<Empty extends string | null = string> = Readonly<Record<string, string | Empty>>;

/** How a text is read. */
export interface CsvReaderOptions<Empty extends string | null> {
  /** One character. */
  readonly delimiter: string;
  /** What an empty field becomes: Salesforce's bulk query writes null so. */
  readonly empty: Empty;
  /** Longest field, in characters. */
  readonly maxFieldChars: number;
  readonly fail: CsvFailure;
}

/** Begins a text that was written by some editors; no part of the first name. */
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads CSV as it comes, cut anywhere: within a character, between two quotes, within CRLF. The first row is the header;
 * every other has as many fields. What is malformed is a failure, never a wrong row.
 *
 * A row's text is made at once, and its values are parts of it: 2.5 million rows a second of one core, and a value that is
 * kept keeps its row in memory, not the piece of the answer that it came in (decision 016).
 */
export class CsvReader<Empty extends string | null = string> {
  readonly #options: CsvReaderOptions<Empty>;
  readonly #scanner: RowScanner;
  #header: readonly string[] | undefined;
  /** A record of this shape, so that a row begins with all of its properties. */
  #template: Record<string, string | Empty> = {};
  /** Rows that were read, the header among them. */
  #rows = 0;
  /** The beginning of a row whose end has not come, and room for the piece that brings it: memory that is used again. */
  #buffer = Buffer.allocUnsafeSlow(128 * 1024);
  #length = 0;
  /** Where the next row begins in it. */
  #position = 0;
  #isLast = false;
  /** A row in many pieces is looked at again only when it has doubled: otherwise the time grows with its square. */
  #scanAgainAt = 0;

  constructor(options: CsvReaderOptions<Empty>) {
    this.#options = options;
    this.#scanner = new RowScanner(options.delimiter, (problem) => this.#failure(problem));
  }

  /** The names of the columns, once the first row is there. */
  get header(): readonly string[] | undefined {
    return this.#header;
  }

  /** Rows that were taken. */
  get rows(): number {
    return Math.max(0, this.#rows - 1);
  }

  /** Begins another text, with a header of its own, when the rows of the one before have been taken. */
  restart(): void {
    this.#header = undefined;
    this.#template = {};
    this.#rows = 0;
    this.#length = 0;
    this.#position = 0;
    this.#isLast = false;
    this.#scanAgainAt = 0;
  }

  /** Takes the next piece of the text, when the rows before it have been taken. The piece is not kept. */
  push(piece: Buffer): void {
    this.#buffer.copyWithin(0, this.#position, this.#length);
    const rest = this.#length - this.#position;
    const length = rest + piece.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      this.#buffer.copy(larger, 0, 0, rest);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, rest);
    this.#position = 0;
    this.#length = length;
  }

  /** The text is over: the last row needs no line end. */
  finish(): void {
    this.#isLast = true;
  }

  /** The next row; `undefined` when more of the text is needed, or there is none. */
  next(): CsvRow<Empty> | undefined {
    if (!this.#isLast && this.#length < this.#scanAgainAt) return undefined;
    if (this.#header === undefined && !this.#readHeader()) return undefined;
    const end = this.#scan();
    if (end === -1) return undefined;
    const row = this.#row(this.#buffer, this.#position, end);
    this.#position = end;
    this.#rows += 1;
    return row;
  }

  #readHeader(): boolean {
    // The mark itself may be cut.
    if (this.#length < byteOrderMark.length && !this.#isLast) return false;
    const hasMark = this.#buffer.subarray(0, Math.min(3, this.#length)).equals(byteOrderMark);
    this.#position = hasMark ? byteOrderMark.length : 0;
    const end = this.#scan();
    if (end === -1) {
      // It is looked for again in front of the same row.
      this.#position = 0;
      return false;
    }
    this.#begin(this.#cells(this.#buffer, this.#position, end));
    this.#position = end;
    this.#rows = 1;
    return true;
  }

  /** Where the row at the position ends; -1 when it goes on behind what is there. */
  #scan(): number {
    if (this.#position === this.#length) return -1;
    const end = this.#scanner.scan(this.#buffer, this.#position, this.#length, this.#isLast);
    const rest = this.#length - this.#position;
    if (end === -1 && rest > csvLimits.rowBytes) throw this.#failure("it does not end, or a quote is not closed");
    this.#scanAgainAt = end === -1 && rest > 256 * 1024 ? 2 * rest : 0;
    return end;
  }

  #begin(names: readonly string[]): void {
    for (const name of names) {
      if (name === "" || name === "__proto__" || Object.hasOwn(this.#template, name)) {
        throw this.#failure(name === "" ? "a column has no name" : "two columns have one name, or one that cannot be");
      }
      this.#template[name] = this.#options.empty;
    }
    this.#header = names;
  }

  #row(bytes: Buffer, from: number, to: number): CsvRow<Empty> {
    const names = this.#header ?? [];
    const { fields } = this.#scanner;
    if (fields !== names.length) throw this.#failure(`it has ${fields} fields, the header ${names.length}`);
    const row = { ...this.#template };
    const cells = this.#cells(bytes, from, to);
    for (let index = 0; index < fields; index += 1) {
      const cell = cells[index];
      const name = names[index];
      // What is empty is so in the template.
      if (cell && name !== undefined) row[name] = cell;
    }
    return row;
  }

  /** The fields of the row that the scanner found. */
  #cells(bytes: Buffer, from: number, to: number): string[] {
    const { fields, starts, ends, doubled, isAscii } = this.#scanner;
    const { maxFieldChars } = this.#options;
    if (!isAscii && !isUtf8(bytes.subarray(from, to))) throw this.#failure("it is not UTF-8");
    const text = isAscii ? bytes.toString("latin1", from, to) : "";
    const cells: string[] = new Array(fields);
    for (let index = 0; index < fields; index += 1) {
      const start = starts[index] ?? 0;
      const end = ends[index] ?? 0;
      let cell = isAscii ? text.slice(start - from, end - from) : bytes.toString("utf8", start, end);
      if (doubled[index] === 1) cell = cell.replaceAll('""', '"');
      if (cell.length > maxFieldChars) throw this.#failure(`a field is longer than ${maxFieldChars} characters`);
      cells[index] = cell;
    }
    return cells;
  }

  #failure(problem: string): Error {
    return this.#options.fail(problem, this.#rows + 1);
  }
}
