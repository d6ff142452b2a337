import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import fastifyPlugin from "fastify-plugin";

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
 * Request ids, security headers, and one log line for each request. The line has the route's pattern instead of its
 * address: addresses hold link tokens and authorization codes.
 */
export const requestContextPlugin = fastifyPlugin((app, { https }: { readonly https: boolean }, done) => {
  app.addHook("onRequest", (request, reply, next) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
    reply.header("referrer-policy", "no-referrer");
    reply.header("cache-control", "no-store");
    reply.header(
      "content-security-policy",
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    if (https) reply.header("strict-transport-security", "max-age=31536000");
    next();
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
