import type { FastifyReply, FastifyRequest } from "fastify";
import type { LimitedBody } from "../content/index.js";
import { ApiError } from "../errors/index.js";
import { claimKey } from "../idempotency/claim-key.js";
import type { KeyBook } from "../idempotency/key-book.js";
import type { KeyHold } from "../idempotency/key-hold.js";
import { readIdempotencyKey } from "../idempotency/read-key.js";
import type { StoredAnswer } from "../idempotency/stored-answer.js";
import type { Services } from "../services.js";

/** Methods that change something. Elsewhere the header has no meaning. */
export const keyedMethods: ReadonlySet<string> = new Set(["POST", "PATCH", "DELETE"]);

/** The caller's key of a request that changes something. @throws {ApiError} `IDEMPOTENCY_KEY_INVALID` */
export function keyOf({ method, raw }: FastifyRequest): string | undefined {
  return keyedMethods.has(method) ? readIdempotencyKey(raw) : undefined;
}

/** Headers without which a request is another one, beside its media type. */
const tellingHeaders = ["if-match", "isthmus-emergency"] as const;

/**
 * Claims the key of a request, or answers.
 *
 * @returns `undefined` when it has answered.
 * @throws as {@link claimKey}.
 */
export async function claimOrReplay(
  services: Services,
  book: KeyBook,
  request: FastifyRequest,
  reply: FastifyReply,
  content?: LimitedBody,
): Promise<KeyHold | undefined> {
  const { method, headers } = request;
  const facts = {
    method,
    url: request.raw.url ?? "",
    mediaType: headers["content-type"] ?? null,
    headers: Object.fromEntries(
      tellingHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
    ),
    body: content ? "streamed" : request.bodyHash,
  };
  const claimed = await claimKey(services, book, keyOf(request) ?? "", facts);
  if ("hold" in claimed) {
    request.keyHold = claimed.hold;
    if (content) claimed.hold.keepHashOf(content);
    return claimed.hold;
  }
  const { answer } = claimed;
  if (content) await assertSameBytes(content, answer.contentHash);
  replay(reply, answer);
  return undefined;
}

function replay(reply: FastifyReply, { status, headers, body }: StoredAnswer): void {
  if (body === null) {
    throw new ApiError(
      "IDEMPOTENT_ANSWER_NOT_KEPT",
      `This request was done and answered with status ${status}. The answer was too large to be kept; it is not done again.`,
    );
  }
  reply.code(status).headers(headers).header("idempotency-replayed", "true");
  // As it is: the schema of the route has written it once already.
  reply.serializer(String).send(body === "" ? undefined : body);
}

/** Where the first time did not read all of its bytes there is nothing to compare: its answer was about something else. */
async function assertSameBytes(content: LimitedBody, firstHash: string | undefined): Promise<void> {
  if (firstHash === undefined) return;
  for await (const _piece of content);
  if (content.hash === firstHash) return;
  throw new ApiError("IDEMPOTENCY_KEY_REUSED", "Other bytes came with this Idempotency-Key first. Use another key.");
}
