import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import fastifyPlugin from "fastify-plugin";
import { ApiError } from "../errors/index.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Anybody may call the route without end: what it refuses is logged for debugging only. Default: as all others. */
    quietRefusals?: boolean;
  }
}

const acceptableId = /^[\w.:-]{8,64}$/;

/** The request's id: the caller's own where it is harmless, so that a request can be followed through several services. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && acceptableId.test(given) ? given : randomUUID();
}

/**
 * Request ids, and one log line for each request. The line has the route's pattern instead of its address: addresses hold
 * link tokens and authorization codes.
 */
export const requestContextPlugin = fastifyPlugin((app, _options, done) => {
  app.addHook("onRequest", (request, reply, next) => {
    reply.header("x-request-id", request.id);
    // A trusted proxy that passes on what its caller wrote: rather the proxy's own address than no address.
    if (isIP(request.ip) === 0) delete request.raw.headers["x-forwarded-for"];
    const isHostMissing = request.headers.host === undefined && request.raw.httpVersion !== "1.0";
    next(isHostMissing ? new ApiError("BAD_REQUEST", "The request has no Host header.") : undefined);
  });
  app.addHook("onResponse", (request, reply, next) => {
    const route = request.routeOptions.url ?? "(none)";
    const facts = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    const isRefusal = reply.statusCode >= 400 && reply.statusCode < 500;
    const isQuiet = isRefusal && request.routeOptions.config.quietRefusals === true;
    request.log[isQuiet ? "debug" : "info"](facts, "request");
    next();
  });
  done();
});
