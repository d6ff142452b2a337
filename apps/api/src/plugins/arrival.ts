import type { FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

declare module "fastify" {
  interface FastifyRequest {
    /** Ends the connection when the body takes too long; `null` without a body, and once it may take its time. */
    arrivalTimer: NodeJS.Timeout | null;
  }
}

/**
 * How long a request's body may take to arrive, in milliseconds; its answer may take longer. Node has such a limit for the
 * whole server only, and a large file that its caller may send takes longer than what anybody may hold a connection for.
 */
export const arrivalPlugin = fastifyPlugin((app, { timeoutMs }: { readonly timeoutMs: number }, done) => {
  app.decorateRequest("arrivalTimer", null);
  app.addHook("onRequest", (request, _reply, next) => {
    const { headers, raw } = request;
    const hasBody = Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined;
    if (hasBody) {
      // As Node itself reports it, so that the answer is the same.
      const late = Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
      const end = () => raw.complete || app.server.emit("clientError", late, raw.socket);
      request.arrivalTimer = setTimeout(end, timeoutMs).unref();
      raw.once("close", () => letArrive(request));
    }
    next();
  });
  done();
});

/** The body may take its time from here on: its caller is known, and whoever reads it sees that it goes on. */
export function letArrive(request: FastifyRequest): void {
  if (request.arrivalTimer !== null) clearTimeout(request.arrivalTimer);
  request.arrivalTimer = null;
}
