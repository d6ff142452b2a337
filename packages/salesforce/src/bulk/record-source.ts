import { ValidationError } from "@isthmus/core";
import type { RecordInput } from "../records.js";
import { blockBytes, type CsvBlock, type CsvBlockOptions, mixedRows } from "./csv-block.js";
import { CsvWriter } from "./csv-writer.js";

/** Records that become CSV here. */
export class RecordSource {
  readonly #writer: CsvWriter;
  readonly #maxPartBytes: number;
  #header: Buffer | undefined;
  /** Two, in turns: one is filled while what is in the other is read. */
  #buffer = Buffer.allocUnsafeSlow(blockBytes);
  #other = Buffer.allocUnsafeSlow(blockBytes);
  #bytes = 0;
  #rows = 0;
  #ready: CsvBlock | undefined;

  /** @throws {ValidationError} when the columns are to be parted otherwise than they are here. */
  constructor({ columnDelimiter, columns, maxPartBytes }: CsvBlockOptions) {
    if (columnDelimiter !== "COMMA") {
      throw new ValidationError("Records become CSV with commas. columnDelimiter is for rows that are CSV already.", [
        { path: "columnDelimiter", message: "must be COMMA, or missing, for records" },
      ]);
    }
    this.#writer = new CsvWriter(columns);
    this.#maxPartBytes = maxPartBytes;
  }

  push(record: RecordInput | Uint8Array): void {
    if (record instanceof Uint8Array || typeof record !== "object" || record === null) throw mixedRows();
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
