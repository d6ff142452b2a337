import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listOperations } from "../actions/connector-operations.js";
import { runOperation } from "../actions/run-operation.js";
import { streamOperation } from "../actions/stream-operation.js";
import { ApiError } from "../errors/index.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { sendNdjson, wantsNdjson } from "./ndjson.js";
import { readSignal } from "./request-signal.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import { operationSchema } from "./schemas/connector-types.js";

const parametersSchema = idParametersSchema.extend({ operation: z.string().max(100) });

/** `/v1/connectors/{id}/operations`: what a connector can do, and doing it. */
export const operationRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/connectors/:id/operations",
    {
      schema: {
        tags: ["operations"],
        summary: "List what the connector can do",
        operationId: "listOperations",
        params: idParametersSchema,
        response: { 200: pageOf(operationSchema), ...problemResponses },
      },
    },
    (request) => listOperations(services, callerOf(request), request.params.id),
  );

  // Hidden: the document has a path for each operation, with its own schemas.
  app.post(
    "/v1/connectors/:id/operations/:operation",
    { schema: { hide: true, params: parametersSchema, body: z.unknown() } },
    async (request, reply) => {
      if (request.headers["idempotency-key"] !== undefined) {
        throw new ApiError(
          "IDEMPOTENCY_KEY_UNSUPPORTED",
          "Idempotency-Key is not honoured yet: a repeated write could have two effects. Leave it out.",
        );
      }
      const { id: connectorId, operation } = request.params;
      const signal = readSignal(reply, services);
      const call = { connectorId, operation, input: request.body ?? {}, readSignal: signal };
      if (wantsNdjson(request)) {
        await streamOperation(services, callerOf(request), call, (items) => sendNdjson(request, reply, items, signal));
        return reply;
      }
      const output = await runOperation(services, callerOf(request), call);
      return output === undefined
        ? reply.code(204).send()
        : reply.type("application/json").send(JSON.stringify(output));
    },
  );
};
