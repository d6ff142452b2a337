import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { listDeadLetters, listSinks, replayDeadLetters } from "../actions/sink-dead-letters.js";
import type { Services } from "../services.js";
import { pageOf, problemResponses } from "./schemas/common.js";
import { deadLetterQuerySchema, deadLetterSchema, replayDeadLettersSchema, sinksSchema } from "./schemas/sinks.js";
import { replayedSchema } from "./schemas/webhooks.js";

const shared = { tags: ["sinks"], security: [{ platformKey: [] }] };

/** What waits for the operator's sinks, and what they refused: for the platform key only. */
export const sinkRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/platform/sinks",
    {
      schema: {
        ...shared,
        summary: "List the sinks, and how much waits for each",
        operationId: "listSinks",
        response: { 200: sinksSchema, ...problemResponses },
      },
    },
    () => listSinks(services),
  );

  app.get(
    "/v1/platform/dead-letters",
    {
      schema: {
        ...shared,
        summary: "List the events that a sink does not take, newest first",
        description:
          "Refused for good, or failed a hundred times while the sink took others. Not what they say: that is the tenant's.",
        operationId: "listDeadLetters",
        querystring: deadLetterQuerySchema,
        response: { 200: pageOf(deadLetterSchema), ...problemResponses },
      },
    },
    (request) => listDeadLetters(services, request.query),
  );

  app.post(
    "/v1/platform/dead-letters/replay",
    {
      schema: {
        ...shared,
        summary: "Hand dead letters to their sink once more",
        description: "All of the sink's, a tenant's, or one: the oldest first, up to 10 000 of them.",
        operationId: "replayDeadLetters",
        body: replayDeadLettersSchema,
        response: { 200: replayedSchema, ...problemResponses },
      },
    },
    (request) => replayDeadLetters(services, request, request.body),
  );
};
