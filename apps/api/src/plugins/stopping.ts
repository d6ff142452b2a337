import fastifyPlugin from "fastify-plugin";
import { ApiError } from "../errors/index.js";
import type { Services } from "../services.js";

/** While the service stops, requests that come on open connections are refused and their connections closed. */
export const stoppingPlugin = fastifyPlugin((app, { stopping }: Pick<Services, "stopping">, done) => {
  app.addHook("onRequest", (request, reply, next) => {
    if (!stopping.aborted) {
      next();
      return;
    }
    reply.header("connection", "close");
    const isHealth = request.routeOptions.url === "/healthz" || request.routeOptions.url === "/readyz";
    next(isHealth ? undefined : new ApiError("SHUTTING_DOWN", "The service is stopping. Try again in a moment."));
  });
  app.addHook("onSend", (_request, reply, _payload, next) => {
    if (stopping.aborted) reply.header("connection", "close");
    next();
  });
  done();
});
