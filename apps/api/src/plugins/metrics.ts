import fastifyPlugin from "fastify-plugin";
import type { Services } from "../services.js";

/** Counts every request that the service answers. */
export const metricsPlugin = fastifyPlugin((app, { metrics }: Services, done) => {
  app.addHook("onResponse", (request, reply, next) => {
    const { method, routeOptions } = request;
    metrics.http.answered({
      method,
      route: routeOptions.url ?? "(none)",
      status: reply.statusCode,
      ms: reply.elapsedTime,
    });
    next();
  });
  done();
});
