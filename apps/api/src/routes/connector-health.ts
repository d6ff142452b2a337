import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { getConnectorHealth } from "../actions/get-connector-health.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { idParametersSchema, problemResponses } from "./schemas/common.js";
import { connectorHealthSchema } from "./schemas/health.js";

/** `/v1/connectors/{id}/health`: how well a connector works. */
export const connectorHealthRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/connectors/:id/health",
    {
      schema: {
        tags: ["connectors"],
        summary: "Read how well a connector works",
        description:
          "As it was last looked at, once a minute. A change is told as the event `connector.health_changed`.",
        operationId: "getConnectorHealth",
        params: idParametersSchema,
        response: { 200: connectorHealthSchema, ...problemResponses },
      },
    },
    (request) => getConnectorHealth(services, callerOf(request), request.params.id),
  );
};
