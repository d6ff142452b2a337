import { createHash, type Hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ApiError } from "../errors/index.js";

/** How long the next piece of a body may take to come once it is wanted, in milliseconds. */
const stallTimeoutMs = 60_000;

/**
 * The bytes of a request as they come, no faster than they are read, up to a limit. Remembers what went wrong with them:
 * a vendor's client that reads them reports its own failure, which says less.
 */
export class LimitedBody implements AsyncIterable<Uint8Array> {
  /** Why the bytes did not come whole. */
  failure: ApiError | undefined;
  /** SHA-256 of all of it, hexadecimal, once it was read to its end; see {@link hashed}. */
  hash: string | undefined;
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;
  readonly #stallMs: number;
  #hashing: Hash | undefined;

  constructor(request: IncomingMessage, limitBytes: number, stallMs = stallTimeoutMs) {
    this.#request = request;
    this.#limitBytes = limitBytes;
    this.#stallMs = stallMs;
  }

  /** Lets the bytes be hashed as they are read. */
  hashed(): this {
    this.#hashing ??= createHash("sha256");
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    // The request is not destroyed when its reader stops: its connection still has to carry the answer.
    const pieces: AsyncIterator<Buffer> = this.#request.iterator({ destroyOnReturn: false });
    let received = 0;
    try {
      for (let step = await this.#next(pieces); step.done !== true; step = await this.#next(pieces)) {
        received += step.value.length;
        if (received > this.#limitBytes) throw tooLarge(this.#limitBytes);
        this.#hashing?.update(step.value);
        yield step.value;
      }
      this.hash = this.#hashing?.digest("hex");
    } catch (error) {
      this.failure =
        error instanceof ApiError
          ? error
          : new ApiError("BAD_REQUEST", "The body ended before it was whole.", { cause: error });
      throw this.failure;
    } finally {
      await pieces.return?.();
    }
  }

  async #next(pieces: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
    const stalled = setTimeout(() => this.#request.destroy(new Error("The body stalled.")), this.#stallMs);
    try {
      return await pieces.next();
    } finally {
      clearTimeout(stalled);
    }
  }
}

/** What a body beyond the limit is answered with. */
export function tooLarge(limitBytes: number): ApiError {
  return new ApiError("PAYLOAD_TOO_LARGE", `The body is larger than this route accepts: ${limitBytes} bytes.`);
}
