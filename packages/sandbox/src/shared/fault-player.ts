import { pipeline, Readable, Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Fault } from "./faults.js";

/** How a vendor tells a caller that it asks too often. */
export interface RateLimitAnswer {
  status: number;
  body: unknown;
}

interface PlayContext {
  /** Ends a delay early, when the server closes. */
  signal: AbortSignal;
  rateLimitAnswer: RateLimitAnswer;
}

/** Plays the part of a fault that comes before the request has any effect: the delay, an answer in its place, the cut. */
export async function playFaultBefore(
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  context: PlayContext,
): Promise<void> {
  if (fault.delayMs !== undefined) await waitUnlessClosing(fault.delayMs, context.signal);
  if (fault.headers !== undefined) reply.headers(fault.headers);
  if (fault.cutBefore === true) {
    reply.hijack();
    request.raw.socket.destroy();
  } else if (fault.rateLimit !== undefined) {
    const seconds = fault.rateLimit === true ? undefined : fault.rateLimit.retryAfterSeconds;
    if (seconds !== undefined) reply.header("retry-after", String(seconds));
    sendInstead(reply, context.rateLimitAnswer.status, context.rateLimitAnswer.body);
  } else if (fault.status !== undefined || fault.body !== undefined) {
    sendInstead(reply, fault.status ?? 500, fault.body ?? "");
  }
}

/** Plays the part that comes when the request has taken effect and its answer is ready. */
export function playFaultAfter(
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): { payload: unknown; answered: boolean } {
  if (fault.cutBody === true && payload instanceof Readable) {
    return { payload: cutAfterFirstPiece(payload, request), answered: true };
  }
  if (fault.cutAfter === true && payload instanceof Readable) payload.destroy();
  const body = typeof payload === "string" || Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.alloc(0);
  if (fault.cutAfter === true || (fault.cutBody === true && body.length < 2)) {
    request.raw.socket.destroy();
    return { payload, answered: false };
  }
  if (fault.cutBody !== true) return { payload, answered: true };
  // The full length is promised, so that the reader can tell a cut from an end.
  reply.header("content-length", body.length);
  return { payload: cutInTheMiddle(body, request), answered: true };
}

/** Of a body that is sent as it is made nobody knows the middle: its first piece gets through, and half of the second. */
function cutAfterFirstPiece(body: Readable, request: FastifyRequest): Readable {
  let pieces = 0;
  const cut = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      pieces += 1;
      this.push(pieces === 1 ? piece : piece.subarray(0, Math.ceil(piece.length / 2)));
      if (pieces === 1) done();
      else leave(request);
    },
    flush(done) {
      // A body of one piece: its end is what does not get through.
      if (pieces > 1) done();
      else leave(request);
    },
  });
  // The cut itself is no news.
  pipeline(body, cut, () => undefined);
  return cut;
}

function leave(request: FastifyRequest): void {
  setImmediate(() => setImmediate(() => request.raw.socket.destroy()));
}

function cutInTheMiddle(body: Buffer, request: FastifyRequest): Readable {
  let sent = false;
  return new Readable({
    read() {
      if (sent) return;
      sent = true;
      this.push(body.subarray(0, Math.ceil(body.length / 2)));
      // Node gathers header and first chunk until the next turn: wait until they have really left, then cut.
      leave(request);
    },
  });
}

function sendInstead(reply: FastifyReply, status: number, body: unknown): void {
  reply.code(status);
  if (reply.getHeader("content-type") === undefined) {
    reply.type(`${typeOf(body)};charset=UTF-8`);
  }
  reply.send(typeof body === "string" ? body : JSON.stringify(body));
}

function typeOf(body: unknown): string {
  if (typeof body !== "string" || /^\s*[[{]/.test(body)) return "application/json";
  if (/^\s*<\?xml/.test(body)) return "application/xml";
  return /^\s*</.test(body) ? "text/html" : "text/plain";
}

/** Waits, but not beyond the moment when the server begins to close. */
export async function waitUnlessClosing(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    // Closing ends the wait; the request then goes on and the server with it.
    if (!signal.aborted) throw error;
  }
}
