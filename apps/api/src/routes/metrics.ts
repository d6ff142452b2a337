import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Services } from "../services.js";
import { problemResponses } from "./schemas/common.js";

/** `GET /metrics`: with the platform key, because it names every tenant and what it does. */
export const metricsRoutes: FastifyPluginAsyncZod<Services> = async (app, { metrics }) => {
  app.get(
    "/metrics",
    {
      schema: {
        tags: ["health"],
        security: [{ platformKey: [] }],
        summary: "What this process counts, for Prometheus",
        description:
          "Requests of the service, operations, token renewals, requests to vendors, deliveries, and what is used of the vendors' limits. Each process counts for itself.",
        operationId: "metrics",
        response: {
          200: { description: "Prometheus' text format.", content: { "text/plain": { schema: z.string() } } },
          ...problemResponses,
        },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
};
