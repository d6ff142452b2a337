import { ApiError } from "../errors/index.js";

/** Longest line, in bytes. */
const longestLine = 1024 * 1024;

/**
 * The lines of UTF-8 text, without their ends, as the bytes come: no more is held than one line and one piece. What follows the last line
 * end is a line where it is not empty.
 *
 * @throws {ApiError} `PAYLOAD_TOO_LARGE` for a line of more than 1 MiB; `MALFORMED_JSON` where a line is not UTF-8, with its number.
 */
export async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let number = 0;
  const hold = (piece: Uint8Array) => {
    pieces.push(piece);
    held += piece.length;
    if (held > longestLine) {
      throw new ApiError("PAYLOAD_TOO_LARGE", `Line ${number + 1} has more than ${longestLine} bytes.`);
    }
  };
  const take = () => {
    number += 1;
    const line = decode(Buffer.concat(pieces, held), number);
    pieces = [];
    held = 0;
    return line;
  };
  for await (const piece of bytes) {
    let from = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, from)) {
      hold(piece.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < piece.length) hold(piece.subarray(from));
  }
  if (held > 0) yield take();
}

const lineFeed = 0x0a;

function decode(line: Buffer, number: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ApiError("MALFORMED_JSON", `Line ${number} is not UTF-8.`);
  }
}
