import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { SalesforceError } from "../errors.js";

/** The CSV of one job, in a file that is deleted with the job. */
export interface Upload {
  bytes: number;
  read(): AsyncIterable<Uint8Array>;
  discard(): void;
}

/**
 * Writes an upload to a temporary file as it comes in.
 *
 * @param packed - Whether it comes in gzip.
 * @throws {SalesforceError} 413 when it is longer than `limitBytes`; what the stream throws when it is cut off.
 */
export async function storeUpload(source: Readable, limitBytes: number, packed: boolean): Promise<Upload> {
  const path = join(tmpdir(), `salesforce-sandbox-${randomUUID()}.csv`);
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      // What is too much is read all the same: a sender that is still sending would not see the answer.
      if (bytes > limitBytes) done();
      else done(null, chunk);
    },
  });
  const discard = (): void => void rm(path, { force: true });
  try {
    await pipeline([source, ...(packed ? [createGunzip()] : []), limit, createWriteStream(path, { mode: 0o600 })]);
    if (bytes > limitBytes) throw tooLarge(limitBytes);
  } catch (error) {
    discard();
    throw error;
  }
  return { bytes, read: () => createReadStream(path, { highWaterMark: 256 * 1024 }), discard };
}

function tooLarge(limitBytes: number): SalesforceError {
  const message = `The uploaded data exceeds the limit of ${limitBytes} bytes`;
  return new SalesforceError(413, "REQUEST_ENTITY_TOO_LARGE", message);
}
