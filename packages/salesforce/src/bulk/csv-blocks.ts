import { Readable } from "node:stream";
import type { RecordInput } from "../records.js";
import type { CsvBlock, CsvBlockOptions } from "./csv-block.js";
import { CsvSource } from "./csv-source.js";
import { RecordSource } from "./record-source.js";
import { piecesOf } from "./stream-pieces.js";

/** What an ingest takes: records, or CSV as bytes or text. All of them are one or the other. */
export type BulkInput = Iterable<RecordInput | Uint8Array | string> | AsyncIterable<RecordInput | Uint8Array | string>;

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
    const pieces: BulkInput = input instanceof Readable && !input.readableObjectMode ? piecesOf(input) : input;
    for await (const given of pieces) {
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
