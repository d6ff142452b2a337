import { PassThrough, pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Characters that are gathered before they are sent. */
const chunkLength = 64 * 1024;

/** Sends lines as a CSV, no faster than the reader takes them, packed where the reader accepts that. */
export function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  lines: Iterable<string> | AsyncIterable<string>,
): FastifyReply {
  const packs = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const packer = packs ? createGzip({ level: 1 }) : new PassThrough();
  // The error of a reader that went away is no news; the pipeline has stopped the lines by then.
  pipeline(Readable.from(gatherLines(lines), { objectMode: false }), packer, () => undefined);
  if (packs) reply.header("content-encoding", "gzip");
  return reply.code(200).type("text/csv; charset=UTF-8").send(packer);
}

function gatherLines(lines: Iterable<string> | AsyncIterable<string>): Iterable<Buffer> | AsyncIterable<Buffer> {
  return Symbol.iterator in lines ? gatherReady(lines) : gatherComing(lines);
}

/** A promise for each of a million lines would take longer than the lines. */
function* gatherReady(lines: Iterable<string>): Generator<Buffer> {
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

async function* gatherComing(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let text = "";
  for await (const line of lines) {
    text += line;
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}
