import { isUtf8 } from "node:buffer";
import { type FileHandle, mkdtemp, open, rm, rmdir, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

/** What stays in memory. Most loads are smaller than this, and need no file. */
const memoryBytes = 1024 * 1024;
/** What is read of the file at once. Twice as many characters would not fit into V8's young generation. */
const pieceBytes = 16 * 1024;

/**
 * One part of an ingest, kept until Salesforce has it: an upload that is cut is sent again from here, and the input, which
 * can be read once, is not asked again. The first MiB is held in memory; what is longer goes to a file of its own, which
 * only this user may read, and which has lost its name before the first byte is written: nothing of it outlives the process.
 */
export class PartSpool {
  readonly #folder: string | undefined;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #rows = 0;
  #inMemory = 0;
  #file: FileHandle | undefined;
  /** Where the file is, on systems that keep the name of an open one. */
  #leftover: string | undefined;

  /** @param folder - Where its file goes. Default: the system's folder of temporary files. */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  /** How long it is. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many rows it has, without the header. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds bytes that end with a row. They are not kept: what they are in may be used again afterwards. */
  async append(bytes: Buffer, rows: number): Promise<void> {
    this.#bytes += bytes.length;
    this.#rows += rows;
    if (this.#file === undefined && this.#bytes <= memoryBytes) {
      this.#pieces.push(Buffer.from(bytes));
      this.#inMemory += bytes.length;
      return;
    }
    this.#file ??= await this.#openFile();
    await this.#file.writeFile(bytes);
  }

  /** All of it from the beginning; as often as is wanted, one after the other. */
  read(): Readable {
    // One piece at a time: what waits for its turn is memory that V8 gives back late. Pieces stay what they are.
    return Readable.from(this.#read(), { objectMode: true, highWaterMark: 1 });
  }

  /** Lets go of it. */
  async release(): Promise<void> {
    await this.#file?.close();
    if (this.#leftover !== undefined) await rm(this.#leftover, { recursive: true, force: true });
    this.#file = undefined;
    this.#pieces.length = 0;
  }

  async *#read(): AsyncGenerator<Buffer | string> {
    yield* this.#pieces;
    if (this.#file === undefined) return;
    const length = this.#bytes - this.#inMemory;
    // Used again for each piece. Nobody says when a socket is done with a buffer, so that each piece would need one of its own,
    // outside of the heap, where V8 lets tens of MB of garbage gather. Text is copied by who sends it, and is in the heap.
    const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, length));
    for (let position = 0; position < length; ) {
      const { bytesRead } = await this.#file.read({ buffer, position });
      // A file that lost its end would be an upload that lost rows.
      if (bytesRead === 0) throw new Error("The temporary file of an upload is shorter than what was written to it.");
      const piece = wholeCharacters(buffer.subarray(0, bytesRead));
      position += piece.length;
      // What is no UTF-8 goes as it came: as text it would be something else.
      yield isUtf8(piece) ? piece.toString("utf8") : Buffer.from(piece);
    }
  }

  async #openFile(): Promise<FileHandle> {
    const folder = await mkdtemp(join(this.#folder ?? tmpdir(), "isthmus-bulk-"));
    const path = join(folder, "part.csv");
    const file = await open(path, "wx+", 0o600);
    try {
      await unlink(path);
      await rmdir(folder);
    } catch {
      // Windows may keep the name of an open file: it goes when the part does.
      this.#leftover = folder;
    }
    return file;
  }
}

/** The bytes without a character that is cut off at their end; all of them where they are no UTF-8. */
function wholeCharacters(bytes: Buffer): Buffer {
  // A character has at most three bytes after its first one.
  for (let end = bytes.length - 1; end > 0 && end >= bytes.length - 3; end -= 1) {
    const byte = bytes[end] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return end + length > bytes.length ? bytes.subarray(0, end) : bytes;
  }
  return bytes;
}
