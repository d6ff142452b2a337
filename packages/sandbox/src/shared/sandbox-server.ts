import type { RequestListener, Server } from "node:http";
import formbody from "@fastify/formbody";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock } from "./clock.js";
import { playFaultAfter, playFaultBefore, type RateLimitAnswer } from "./fault-player.js";
import { type Fault, FaultList } from "./faults.js";
import { type LoggedRequest, RequestLog } from "./request-log.js";

/** Prefix of everything that is the sandbox's own and not the vendor's. Never logged, never faulted. */
export const controlPrefix = "/__sandbox";

/** What every vendor's sandbox stands on: an HTTP server with a request log and faults on demand. */
export interface SandboxServer {
  app: FastifyInstance;
  faults: FaultList;
  log: RequestLog;
  /** Aborted when the server begins to close. */
  closing: AbortSignal;
}

interface SandboxServerOptions {
  clock: Clock;
  /** Bytes of a request body; a longer one is answered with 413. */
  bodyLimit: number;
  /** How this vendor tells a caller to slow down. */
  rateLimitAnswer: RateLimitAnswer;
  /** Headers that this vendor puts on every response, faults included. Default: none. */
  everyResponse?: () => Record<string, string>;
  /** Makes the server underneath, such as one with TLS. Default: plain HTTP. */
  createServer?: (handler: RequestListener) => Server;
}

declare module "fastify" {
  interface FastifyRequest {
    sandboxEntry: LoggedRequest | null;
    sandboxFault: Fault | null;
  }
}

/** Makes the server; the vendor adds its routes and then listens. */
export async function createSandboxServer(options: SandboxServerOptions): Promise<SandboxServer> {
  const faults = new FaultList();
  const log = new RequestLog(options.clock);
  const closing = new AbortController();
  const app = Fastify({
    bodyLimit: options.bodyLimit,
    // Requests that are being answered finish; idle keep-alive connections do not hold up closing.
    forceCloseConnections: "idle",
    ...(options.createServer !== undefined && { serverFactory: options.createServer }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4_096 },
  });
  await app.register(formbody);
  app.decorateRequest("sandboxEntry", null);
  app.decorateRequest("sandboxFault", null);

  app.addHook("onRequest", async (request, reply) => {
    if (isControl(request)) return;
    if (options.everyResponse !== undefined) reply.headers(options.everyResponse());
    request.sandboxEntry = log.open(request.method, request.raw.url ?? "/", request.headers);
    const fault = faults.take(request.method, request.raw.url ?? "/");
    if (fault === undefined) return;
    request.sandboxFault = fault;
    request.sandboxEntry.faultId = fault.id;
    await playFaultBefore(fault, request, reply, { signal: closing.signal, rateLimitAnswer: options.rateLimitAnswer });
    if (request.raw.socket.destroyed) completeEntry(request, null, options.clock);
  });
  app.addHook("onSend", async (request, reply, payload: unknown) => {
    const fault = request.sandboxFault;
    const answer = fault === null ? { payload, answered: true } : playFaultAfter(fault, request, reply, payload);
    completeEntry(request, answer.answered ? reply.statusCode : null, options.clock);
    return answer.payload;
  });
  app.addHook("preClose", async () => closing.abort());
  return { app, faults, log, closing: closing.signal };
}

/** Milliseconds that open requests get to finish when the sandbox closes; then their connections are cut. */
const closeGraceMs = 3_000;

/** Stops listening and waits for open requests, but not for ever. */
export async function closeSandboxServer(server: SandboxServer): Promise<void> {
  const timer = setTimeout(() => server.app.server.closeAllConnections(), closeGraceMs);
  try {
    await server.app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a request is for the sandbox itself. */
export function isControl(request: FastifyRequest): boolean {
  return request.url.startsWith(`${controlPrefix}/`);
}

function completeEntry(request: FastifyRequest, status: number | null, clock: Clock): void {
  const entry = request.sandboxEntry;
  if (entry === null) return;
  entry.status = status;
  entry.durationMs = Math.max(0, clock() - Date.parse(entry.at));
  entry.bodyBytes = Number(request.headers["content-length"] ?? 0);
}

/** Sends `body` as JSON; the one place that sets the content type the way the vendors write it. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).header("content-type", "application/json;charset=UTF-8").send(JSON.stringify(body));
}
