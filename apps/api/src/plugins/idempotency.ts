import type { FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";
import type { LimitedBody } from "../content/index.js";
import { watchWrites } from "../database/index.js";
import { type KeyBook, openPersonsKeys } from "../idempotency/key-book.js";
import type { KeyHold } from "../idempotency/key-hold.js";
import { openPlatformKeys } from "../idempotency/platform-keys.js";
import { readIdempotencyKey } from "../idempotency/read-key.js";
import type { Services } from "../services.js";
import { callerOf } from "./authentication.js";
import { claimOrReplay, keyedMethods, keyOf } from "./claim-or-replay.js";
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
    claimOrReplay(services, keysOf(services, request), request, reply).then(
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
  const hold = await claimOrReplay(services, keysOfPerson(services, request), request, reply, content?.hashed());
  if (hold) await watchWrites(hold, () => work(hold));
}

function readCode(body: string): string | undefined {
  const problem: unknown = JSON.parse(body);
  const code: unknown = typeof problem === "object" && problem !== null ? Reflect.get(problem, "code") : undefined;
  return typeof code === "string" ? code : undefined;
}
