import { on } from "node:events";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";

/**
 * What a stream of bytes or text brings, piece by piece, as its own iterator would, but each as it came: that one joins what has gathered
 * meanwhile into a new buffer, outside of the heap, where V8 lets tens of MB of garbage gather.
 *
 * @throws what the stream fails with, also when it is closed before its end. It is destroyed when this is left.
 */
export async function* piecesOf(stream: Readable): AsyncGenerator<Uint8Array | string, void> {
  // One that is over already, or is read by somebody's hand, tells of no pieces.
  if (stream.destroyed || stream.readableEnded || stream.listenerCount("readable") > 0) {
    yield* stream;
    return;
  }
  try {
    for await (const [piece] of on(stream, "data", { close: ["end", "close"], highWaterMark: 1, lowWaterMark: 1 })) {
      yield piece;
    }
    await finished(stream, { writable: false });
  } finally {
    stream.destroy();
  }
}
