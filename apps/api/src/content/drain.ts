import type { IncomingMessage } from "node:http";

/** What is read of a body that nobody wants, in bytes: a caller that is still writing has to get to its answer. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads on what was left of a request, which would stand in the way of the answer and of the next request on this
 * connection. Beyond a bound the connection is ended: nobody sends that much for an answer.
 */
export function drain(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  let dropped = 0;
  // A reader that was left in the middle still waits for this event, and while somebody does, nothing flows.
  request.removeAllListeners("readable");
  request.on("data", (piece: Buffer) => {
    dropped += piece.length;
    if (dropped > maxBytes) request.destroy();
  });
  request.on("error", () => undefined);
  request.resume();
}
