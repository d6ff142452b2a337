import { createServer, type RequestListener, type Server } from "node:http";
import { securityHeaders } from "./security-headers.js";

/** How the server below Fastify is made. */
export interface HttpServerOptions {
  readonly https: boolean;
  /** How long a request may take to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept, in milliseconds. */
  readonly keepAliveTimeoutMs: number;
}

/**
 * The HTTP server below Fastify. It puts the security headers on an answer before anybody has looked at the request: Fastify
 * has no hook for addresses that it cannot read. What Node would answer by itself, without those headers and without a problem
 * document, goes on to Fastify: a request without `Host`, and an `Expect` that nobody knows.
 */
export function createHttpServer(handle: RequestListener, options: HttpServerOptions): Server {
  const headers = Object.entries(securityHeaders(options.https));
  const answer: RequestListener = (request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    handle(request, response);
  };
  const server = createServer({ requireHostHeader: false }, answer);
  server.on("checkExpectation", answer);
  server.requestTimeout = options.requestTimeoutMs;
  server.keepAliveTimeout = options.keepAliveTimeoutMs;
  return server;
}
