import type { FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";
import type { LimitedBody } from "../content/index.js";
import { watchWrites } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import { claimKey } from "../idempotency/claim-key.js";
import { type KeyBook, openPersonsKeys } from "../idempotency/key-book.js";
import type { KeyHold } from "../idempotency/key-hold.js";
import { openPlatformKeys } from "../idempotency/platform-keys.js";
import { readIdempotencyKey } from "../idempotency/read-key.js";
import type { StoredAnswer } from "../idempotency/stored-answer.js";
import type { Services } from "../services.js";
import { callerOf } from "./authentication.js";
import { problemMediaType } from "./problem.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set while a request with an Idempotency-Key is being done. */
    keyHold: KeyHold | null;
  }
  interface FastifyContextConfig {
    /**
     * What an Idempotency-Key means to the route: `repeatable` = doing it twice does no harm, so after a crash it is done
     * again; `by-handler` = the handler claims the key, by {@link answerOnce}. Default: done once.
     */
    idempotency?: "repeatable" | "by-handler";
    /** Set on every route that takes the header. */
    takesKey?: boolean;
  }
}

/** Methods that change something. Elsewhere the header has no meaning. */
export const keyedMethods: ReadonlySet<string> = new Set(["POST", "PATCH", "DELETE"]);

/** What {@link idempotencyPlugin} works with. */
export interface IdempotencyOptions {
  readonly services: Services;
  /** Whose keys the routes of the scope take: a person's of a tenant, or the platform's. */
  readonly keysOf: (services: Services, request: FastifyRequest) => KeyBook;
}

/** The keys of the person who sent the request. After authentication. */
export function keysOfPerson(services: Services, request: FastifyRequest): KeyBook {
  return openPersonsKeys(services, callerOf(request));
}

/** The keys of whoever has the platform key. */
export function keysOfPlatform(services: Services, request: FastifyRequest): KeyBook {
  return openPlatformKeys(services, request.id);
}

/**
 * Answers a request that comes again with its `Idempotency-Key` by the answer of the first time, on every route of the scope
 * that changes something.
 */
export const idempotencyPlugin = fastifyPlugin((app, { services, keysOf }: IdempotencyOptions, done) => {
  app.decorateRequest("keyHold", null);
  app.addHook("onRoute", (route) => {
    if ([route.method].flat().some((method) => keyedMethods.has(method)))
      route.config = { ...route.config, takesKey: true };
  });
  app.addHook("onRequest", async ({ method, raw }) => {
    // What is no key is told before a body is read.
    if (keyedMethods.has(method)) readIdempotencyKey(raw);
  });
  app.addHook("preHandler", (request, reply, next) => {
    const { idempotency } = request.routeOptions.config;
    if (idempotency === "by-handler" || keyOf(request) === undefined) {
      next();
      return;
    }
    claim(services, keysOf(services, request), request, reply).then(
      (hold) => {
        // Otherwise it was answered.
        if (hold === undefined) return;
        if (idempotency === "repeatable") hold.ignoreWrites();
        watchWrites(hold, next);
      },
      (error: Error) => next(error),
    );
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const { keyHold } = request;
    if (keyHold === null) return;
    request.keyHold = null;
    const body = typeof payload === "string" ? payload : "";
    const isProblem = String(reply.getHeader("content-type")).startsWith(problemMediaType);
    const code = isProblem ? readCode(body) : undefined;
    await keyHold.end({ status: reply.statusCode, headers: reply.getHeaders(), body, code });
  });
  done();
});

/** Headers without which a request is another one, beside its media type. */
const tellingHeaders = ["if-match", "isthmus-emergency"] as const;

/** The caller's key of a request that changes something. @throws {ApiError} `IDEMPOTENCY_KEY_INVALID` */
export function keyOf({ method, raw }: FastifyRequest): string | undefined {
  return keyedMethods.has(method) ? readIdempotencyKey(raw) : undefined;
}

/**
 * Does the work of a route that claims keys by itself, once where the request has a key.
 *
 * @param content - Bytes that are read while the work is done. They are compared once they are all there: before the answer
 *   of the first time is given.
 * @param work - Gets the hold of the key; `undefined` where the request has none.
 */
export async function answerOnce(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  content: LimitedBody | undefined,
  work: (hold: KeyHold | undefined) => Promise<void>,
): Promise<void> {
  if (keyOf(request) === undefined) return work(undefined);
  const hold = await claim(services, keysOfPerson(services, request), request, reply, content?.hashed());
  if (hold) await watchWrites(hold, () => work(hold));
}

/** Claims the key, or answers. @returns `undefined` when it has answered. */
async function claim(
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

function readCode(body: string): string | undefined {
  const problem: unknown = JSON.parse(body);
  const code: unknown = typeof problem === "object" && problem !== null ? Reflect.get(problem, "code") : undefined;
  return typeof code === "string" ? code : undefined;
}
