import { csvLimits } from "./csv-format.js";

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Finds the fields of one row of CSV in bytes (RFC 4180), without making anything of them. Bytes are looked at one by one:
 * every character that means something is ASCII, and no byte of a longer UTF-8 sequence is.
 *
 * Stricter than RFC 4180 where a guess could be a wrong row: a quote stands only around a whole field, and a carriage
 * return outside of quotes only before a line feed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export class RowScanner {
  /** Where each field begins, in bytes from the start of the buffer, without its quote. */
  readonly starts = new Int32Array(csvLimits.fields);
  /** Where each field ends. */
  readonly ends = new Int32Array(csvLimits.fields);
  /** 1 where a field holds doubled quotes. */
  readonly doubled = new Uint8Array(csvLimits.fields);
  /** Fields of the row that was found last. */
  fields = 0;
  /** Whether every byte of that row is ASCII. */
  isAscii = true;
  readonly #delimiter: number;
  readonly #fail: (problem: string) => Error;

  constructor(delimiter: string, fail: (problem: string) => Error) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#fail = fail;
  }

  /**
   * Finds the row that begins at `from`.
   *
   * @param length - Where the bytes end.
   * @param isLast - Whether no bytes come after these.
   * @returns Where the next row begins; -1 when the row goes on behind these bytes.
   */
  scan(bytes: Uint8Array, from: number, length: number, isLast: boolean): number {
    // Locals: this loop runs once for every byte that Salesforce sends.
    const { starts, ends, doubled } = this;
    const delimiter = this.#delimiter;
    let position = from;
    let fields = 0;
    let seen = 0;
    for (;;) {
      if (fields === csvLimits.fields) throw this.#fail(`it has more than ${csvLimits.fields} fields`);
      let byte = 0;
      doubled[fields] = 0;
      if (position < length && bytes[position] === quote) {
        position += 1;
        starts[fields] = position;
        for (;;) {
          for (; position < length; position += 1) {
            byte = bytes[position] ?? 0;
            if (byte === quote) break;
            seen |= byte;
          }
          if (position >= length) {
            if (isLast) throw this.#fail("a quote is not closed");
            return -1;
          }
          if (position + 1 >= length && !isLast) return -1;
          if (position + 1 >= length || bytes[position + 1] !== quote) break;
          doubled[fields] = 1;
          position += 2;
        }
        ends[fields] = position;
        position += 1;
      } else {
        starts[fields] = position;
        for (; position < length; position += 1) {
          byte = bytes[position] ?? 0;
          if (byte === delimiter || byte === lineFeed || byte === carriageReturn || byte === quote) break;
          seen |= byte;
        }
        ends[fields] = position;
      }
      fields += 1;
      if (position >= length) {
        if (!isLast) return -1;
        return this.#found(fields, seen, position);
      }
      byte = bytes[position] ?? 0;
      position += 1;
      if (byte === delimiter) continue;
      if (byte === lineFeed) return this.#found(fields, seen, position);
      if (byte !== carriageReturn) throw this.#fail("a quote stands elsewhere than around a whole field");
      if (position >= length && !isLast) return -1;
      if (position >= length || bytes[position] !== lineFeed)
        throw this.#fail("a carriage return stands outside of quotes");
      return this.#found(fields, seen, position + 1);
    }
  }

  #found(fields: number, seen: number, next: number): number {
    this.fields = fields;
    this.isAscii = seen < 0x80;
    return next;
  }
}
