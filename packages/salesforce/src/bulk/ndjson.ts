import { ValidationError } from "@isthmus/core";
import type { RecordInput } from "../records.js";
import { csvLimits } from "./csv-format.js";

/** In JSON a character may take six bytes, and names stand beside the values. */
const longestLineBytes = 16 * csvLimits.ingestRowChars;
const lineFeed = 0x0a;

/**
 * Records from NDJSON, one of a line. Empty lines are passed over.
 *
 * @throws {ValidationError} naming the line that is no JSON object, or is too long.
 * @see https://github.com/ndjson/ndjson-spec
 */
export async function* readNdjson(body: AsyncIterable<Uint8Array>): AsyncGenerator<RecordInput, void> {
  let rest: Uint8Array = Buffer.alloc(0);
  let line = 0;
  for await (const piece of body) {
    const bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let begin = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, begin)) {
      line += 1;
      yield* readLine(bytes.toString("utf8", begin, end), line);
      begin = end + 1;
    }
    rest = bytes.subarray(begin);
    if (rest.length > longestLineBytes) throw refused(line + 1, `must not be longer than ${longestLineBytes} bytes`);
  }
  yield* readLine(Buffer.from(rest).toString(), line + 1);
}

function* readLine(text: string, line: number): Generator<RecordInput, void> {
  if (text.trim() === "") return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says quotes the line, which is a customer's.
    throw refused(line, "must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused(line, "must be an object");
  yield { ...value };
}

function refused(line: number, message: string): ValidationError {
  return new ValidationError(`Line ${line} is no record.`, [{ path: `content.${line}`, message }]);
}
