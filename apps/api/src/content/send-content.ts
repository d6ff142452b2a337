import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { BinaryContent } from "@isthmus/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { describeProblem } from "../plugins/problem.js";
import { contentHeaders } from "./content-headers.js";

/**
 * Answers with bytes, as fast as the caller reads.
 *
 * A failure before the first byte is thrown, and answered as any other. After it the connection is cut: neither a length
 * that was promised nor the end of a chunked answer comes, so no client can take half a file for a whole one.
 *
 * @param signal - Aborted when the caller has gone.
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  content: BinaryContent,
  signal: AbortSignal,
): Promise<void> {
  const iterator = content.body[Symbol.asyncIterator]();
  const first = await iterator.next();
  for (const [name, value] of Object.entries(contentHeaders(content))) reply.header(name, value);
  const headers = reply.getHeaders();
  reply.hijack();
  const { raw } = reply;
  try {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200);
    await writeAll(raw, first, iterator, content.size, signal);
    raw.end();
  } catch (error) {
    await Promise.allSettled([iterator.return?.()]);
    if (!raw.destroyed) describeProblem(error, request); // the log is all that can still be told
    raw.destroy();
  }
}

async function writeAll(
  raw: ServerResponse,
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
  size: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  let sent = 0;
  for (let step = first; step.done !== true; step = await iterator.next()) {
    signal.throwIfAborted();
    sent += step.value.length;
    // One byte too many would be read as the beginning of the next answer.
    if (size !== undefined && sent > size) break;
    if (!raw.write(step.value)) await once(raw, "drain", { signal });
  }
  if (size !== undefined && sent !== size) throw new Error("The content is not as long as it was said to be.");
}
