import type { IncomingMessage } from "node:http";
import { ApiError } from "../errors/index.js";

/**
 * The bytes of a request as they come, no faster than they are read, up to a limit. Remembers what went wrong with them:
 * a vendor's client that reads them reports its own failure, which says less.
 */
export class LimitedBody implements AsyncIterable<Uint8Array> {
  /** Why the bytes did not come whole. */
  failure: ApiError | undefined;
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;

  constructor(request: IncomingMessage, limitBytes: number) {
    this.#request = request;
    this.#limitBytes = limitBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let received = 0;
    try {
      // The request is not destroyed when its reader stops: its connection still has to carry the answer.
      for await (const piece of this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        received += piece.length;
        if (received > this.#limitBytes) throw tooLarge(this.#limitBytes);
        yield piece;
      }
    } catch (error) {
      this.failure =
        error instanceof ApiError
          ? error
          : new ApiError("BAD_REQUEST", "The body ended before it was whole.", { cause: error });
      throw this.failure;
    }
  }
}

/** What a body beyond the limit is answered with. */
export function tooLarge(limitBytes: number): ApiError {
  return new ApiError("PAYLOAD_TOO_LARGE", `The body is larger than this route accepts: ${limitBytes} bytes.`);
}
