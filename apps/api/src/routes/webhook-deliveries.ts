import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { listDeliveries } from "../actions/get-webhooks.js";
import { replayDeadDeliveries, replayDelivery } from "../actions/replay-deliveries.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import { deliveryQuerySchema, deliverySchema, replayedSchema } from "./schemas/webhooks.js";

const tags = ["webhooks"];

/** What webhooks were told, and what did not arrive. */
export const webhookDeliveryRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/webhooks/:id/deliveries",
    {
      schema: {
        tags,
        summary: "List what a webhook was told, newest first",
        operationId: "listWebhookDeliveries",
        params: idParametersSchema,
        querystring: deliveryQuerySchema,
        response: { 200: pageOf(deliverySchema), ...problemResponses },
      },
    },
    (request) => listDeliveries(services, callerOf(request), request.params.id, request.query),
  );

  app.post(
    "/v1/webhooks/:id/replay",
    {
      schema: {
        tags,
        summary: "Try all dead deliveries of a webhook again",
        description: "The oldest first, up to 10 000 of them, each for another day.",
        operationId: "replayWebhook",
        params: idParametersSchema,
        response: { 200: replayedSchema, ...problemResponses },
      },
    },
    (request) => replayDeadDeliveries(services, callerOf(request), request.params.id),
  );

  app.post(
    "/v1/deliveries/:id/replay",
    {
      schema: {
        tags,
        summary: "Try a dead delivery again",
        description: "At once, and for another day. Later ones of the same thing that have arrived stay so.",
        operationId: "replayDelivery",
        params: idParametersSchema,
        response: { 200: deliverySchema, ...problemResponses },
      },
    },
    (request) => replayDelivery(services, callerOf(request), request.params.id),
  );
};
