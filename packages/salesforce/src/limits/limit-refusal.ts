import { Readable } from "node:stream";
import type { TransportResponse, TransportStreamResponse } from "@isthmus/core";
import type { GatedAnswer, LimitRefusal } from "./limit-gate.js";

/** What the errors of the requests at once say; everything else under the same code is about the day's. */
export const concurrencyWords = /concurrent/i;

const code = "REQUEST_LIMIT_EXCEEDED";

const refusing: ReadonlySet<number> = new Set([403, 500, 503]);

/** Whether an answer refuses for a limit. SOAP says it with status 500. */
export function readLimitRefusal({ status, body }: Pick<TransportResponse, "status" | "body">): LimitRefusal {
  if (!refusing.has(status)) return undefined;
  const text = body.toString("utf8", 0, 4_000);
  if (!text.includes(code)) return undefined;
  return concurrencyWords.test(text) ? "concurrent" : "day";
}

const longestRefusalBytes = 64 * 1024;

/** The same of an answer whose body is a stream. The body of a refusal is read for it and handed on as another stream. */
export async function readRefusedStream(
  response: TransportStreamResponse,
): Promise<GatedAnswer<TransportStreamResponse>> {
  const { status, body } = response;
  if (!refusing.has(status)) return { response, refusal: undefined };
  const start = await readStart(body);
  const refusal = readLimitRefusal({ status, body: start });
  return { response: { ...response, body: Readable.from([start], { objectMode: false }) }, refusal };
}

async function readStart(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longestRefusalBytes) break;
  }
  return Buffer.concat(chunks);
}
