import type { Clock } from "@isthmus/core";
import { ApiError } from "../errors/index.js";

/** What a vendor has for its answer that names no time, in milliseconds: the most impatient (Intuit) waits for three seconds, the way there and back included. */
export const shortestWaitMs = 2_000;

/** Bodies that come or are being worked at, in bytes: while a database hangs, anybody may go on sending. */
const mostBytes = 64 * 1024 * 1024;
/** What a delivery holds beside its body. */
const bytesBeside = 4_096;

/** Where deliveries are worked at, so that every one is answered soon and all of them fit into the memory. */
export class DeliveryDesk {
  readonly #clock: Clock;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * All of a body. One that nobody wants is read to its end all the same, and nothing of it is kept: whoever sends it is answered as
   * if there was somebody.
   *
   * @throws {ApiError} `DELIVERY_NOT_STORED` when too much comes at once.
   */
  async read(pieces: AsyncIterable<Uint8Array>, isWanted: boolean): Promise<Buffer> {
    const kept: Uint8Array[] = [];
    let held = 0;
    try {
      for await (const piece of pieces) {
        if (!isWanted) continue;
        this.#hold(piece.length);
        held += piece.length;
        kept.push(piece);
      }
      return Buffer.concat(kept);
    } finally {
      this.#bytes -= held;
    }
  }

  /**
   * What `work` returns, if it does in time. It goes on otherwise: what it stores late is found when the vendor sends the
   * delivery again.
   *
   * @param size - Bytes of the body.
   * @param withinMs - How long the vendor waits. Default 2 000.
   * @throws {ApiError} `DELIVERY_NOT_STORED` when it takes longer, and at once when too much is at work.
   */
  async take<Result>(size: number, work: () => Promise<Result>, withinMs = shortestWaitMs): Promise<Result> {
    const held = size + bytesBeside;
    this.#hold(held);
    const working = work().finally(() => {
      this.#bytes -= held;
    });
    const done = new AbortController();
    const late = this.#clock.sleep(withinMs, done.signal).then(() => {
      throw new ApiError("DELIVERY_NOT_STORED", "The delivery could not be stored in time. Send it again.");
    });
    // Whichever comes second has nobody left to tell.
    for (const each of [working, late]) each.catch(() => undefined);
    try {
      return await Promise.race([working, late]);
    } finally {
      done.abort();
    }
  }

  #hold(bytes: number): void {
    if (this.#bytes + bytes > mostBytes) {
      throw new ApiError("DELIVERY_NOT_STORED", "Too many deliveries wait to be stored. Send it again in a while.");
    }
    this.#bytes += bytes;
  }
}
