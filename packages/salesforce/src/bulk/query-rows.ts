import { ConnectorError } from "@isthmus/core";
import { type ColumnDelimiter, columnDelimiters, csvLimits } from "./csv-format.js";
import { CsvReader, type CsvRow } from "./csv-reader.js";
import type { PageBody } from "./page-body.js";
import type { ItemSource } from "./pull-iterator.js";
import { RowScanner } from "./row-scanner.js";

/** A row of a bulk result: text under the names of the fields, `null` where there is no value. CSV tells no types. */
export type BulkRow = CsvRow<null>;

const lineFeed = 0x0a;

/** What is wrong with a CSV text of Salesforce's. */
export function malformed(problem: string, row: number): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `Row ${row} of Salesforce's CSV is malformed: ${problem}.`);
}

/** Reads one text of Salesforce's after the other. */
export function createRowReader<Empty extends string | null>(
  empty: Empty,
  delimiter: ColumnDelimiter = "COMMA",
): CsvReader<Empty> {
  return new CsvReader({
    delimiter: columnDelimiters[delimiter],
    empty,
    maxFieldChars: csvLimits.queryFieldChars,
    fail: malformed,
  });
}

/** The rows of one CSV text. The reader is given each time that there is more in it, and at the end. */
export async function* readRows<Empty extends string | null>(
  pieces: AsyncIterable<Buffer>,
  reader: CsvReader<Empty>,
): AsyncGenerator<CsvReader<Empty>, void> {
  reader.restart();
  for await (const piece of pieces) {
    reader.push(piece);
    yield reader;
  }
  reader.finish();
  yield reader;
}

/**
 * The rows of all pages. Each page repeats the header.
 *
 * @param expected - Rows that the job counted, where it tells.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when a page has another header, or there are fewer or more rows than counted.
 */
export async function* readPageRows(
  pages: AsyncIterable<PageBody>,
  expected: number | undefined,
): AsyncGenerator<ItemSource<BulkRow>, void> {
  // One for all pages: a page lasts for so long that V8 counts what it has of its own as old, and old buffers late.
  const reader = createRowReader(null);
  let header: string | undefined;
  let total = 0;
  for await (const page of pages) {
    const { records } = await page.head();
    yield* readRows(page.read(), reader);
    const { header: names = [], rows } = reader;
    if (records !== undefined && records !== rows) throw missing(rows, records);
    header ??= JSON.stringify(names);
    if (JSON.stringify(names) !== header) throw otherHeader();
    total += rows;
  }
  if (expected !== undefined && total !== expected) throw missing(total, expected);
}

/** The bytes of all pages as one CSV text with one header. */
export async function* joinPages(pages: AsyncIterable<PageBody>): AsyncGenerator<Buffer, void> {
  const scanner = new RowScanner(columnDelimiters.COMMA, (problem) => malformed(problem, 1));
  let header: Buffer | undefined;
  let last = lineFeed;
  for await (const page of pages) {
    let begin: Buffer | undefined = Buffer.alloc(0);
    // The last row of a page needs no line end, and the first one of the next page would go on with it.
    let owesLineEnd = last !== lineFeed;
    for await (const piece of page.read()) {
      let rows = piece;
      if (begin !== undefined) {
        begin = Buffer.concat([begin, piece]);
        const end = scanner.scan(begin, 0, begin.length, false);
        if (end === -1 && begin.length > csvLimits.rowBytes) throw malformed("the header does not end", 1);
        if (end === -1) continue;
        const own = begin.subarray(0, end);
        if (header === undefined) yield own;
        else if (!own.equals(header)) throw otherHeader();
        header ??= Buffer.from(own);
        rows = begin.subarray(end);
        begin = undefined;
      }
      if (rows.length === 0) continue;
      if (owesLineEnd) yield Buffer.from("\n");
      owesLineEnd = false;
      last = rows.at(-1) ?? last;
      yield rows;
    }
    if (begin && begin.length > 0) throw malformed("the header does not end", 1);
  }
}

/** A result that is shorter or longer than Salesforce counted. */
export function missing(found: number, expected: number, advice = "Run the query again."): ConnectorError {
  const message = `Salesforce's result has ${found} rows where ${expected} were announced. ${advice}`;
  return new ConnectorError("UNEXPECTED_RESPONSE", message);
}

function otherHeader(): ConnectorError {
  return new ConnectorError(
    "UNEXPECTED_RESPONSE",
    "A page of Salesforce's result has other columns than the first one.",
  );
}
