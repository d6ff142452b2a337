import { once } from "node:events";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../errors/index.js";
import { describeProblem } from "../plugins/problem.js";

/** Media type of one JSON value a line. */
export const ndjsonMediaType = "application/x-ndjson";

/** Whether the caller asks for NDJSON. */
export function wantsNdjson(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? "";
  return accept.split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === ndjsonMediaType);
}

/** Whether the body is NDJSON. */
export function sendsNdjson(request: FastifyRequest): boolean {
  const mediaType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return mediaType === ndjsonMediaType;
}

/**
 * Answers with one item a line, as fast as the caller reads.
 *
 * A failure before the first item is thrown, and answered as any other. A failure after it cannot change the status that
 * was sent: the last line is then `{"error": <problem>}`, and the connection is cut, so that a caller who does not look
 * at the lines cannot take half a result for a whole one.
 *
 * @param signal - Ends the answer. Where its reason is an {@link ApiError}, that is what the last line says.
 */
export async function sendNdjson(
  request: FastifyRequest,
  reply: FastifyReply,
  items: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let next = await iterator.next();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { ...withoutUndefined(reply.getHeaders()), "content-type": ndjsonMediaType });
  try {
    while (next.done !== true) {
      if (signal.reason instanceof ApiError) throw signal.reason;
      if (!raw.write(`${JSON.stringify(next.value)}\n`)) await once(raw, "drain", { signal });
      next = await iterator.next();
    }
    raw.end();
  } catch (error) {
    await iterator.return?.();
    if (raw.destroyed) return; // the caller has gone, and nobody is left to be told
    // What ended it, and not how the work in the middle took that.
    const { problem } = describeProblem(signal.reason instanceof ApiError ? signal.reason : error, request);
    raw.write(`${JSON.stringify({ error: problem })}\n`, () => raw.destroy());
  }
}

function withoutUndefined(headers: ReturnType<FastifyReply["getHeaders"]>): Record<string, string | number | string[]> {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(given);
}
