import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { purgeConnector } from "../actions/purge-connector.js";
import { restoreConnector } from "../actions/restore-connector.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { emergencySchema, nameChangeRequest, requestedResponse } from "./change-answers.js";
import { ifMatchSchema, readIfMatch, toEntityTag } from "./entity-tags.js";
import { changeRequestSchema } from "./schemas/change-requests.js";
import { idParametersSchema, problemResponses } from "./schemas/common.js";
import { connectorSchema, purgeSchema, restoreConnectorSchema } from "./schemas/connectors.js";

const tags = ["connectors"];
const headersSchema = emergencySchema.extend(ifMatchSchema.shape);

/** `/v1/connectors/{id}/restore`, `/purge`: what becomes of connectors after their deletion, or in its place. */
export const deletedConnectorRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/connectors/:id/restore",
    {
      schema: {
        tags,
        summary: "Restore a deleted connector",
        description:
          "As it was, with its grant. RESTORE_TOO_LATE once its time is over or its purge was begun; CONFLICT when another connector has its code by now: give another. If-Match may be given.",
        operationId: "restoreConnector",
        params: idParametersSchema,
        headers: headersSchema,
        body: restoreConnectorSchema,
        response: { 200: connectorSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const expectedVersion = readIfMatch(request.headers["if-match"]);
      const restore = { id: request.params.id, expectedVersion, code: request.body?.code };
      const emergency = request.headers["isthmus-emergency"];
      const outcome = await restoreConnector(services, callerOf(request), restore, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      return reply.header("etag", toEntityTag(outcome.result.version)).send(outcome.result);
    },
  );

  app.post(
    "/v1/connectors/:id/purge",
    {
      schema: {
        tags,
        summary: "Delete a connector for good",
        description:
          "Also one that is deleted already. The vendor revokes its grant, then its tokens are destroyed and it is removed; its audit stays. 202 where the vendor could not be told: it is asked again for seven days, and then the connector is removed all the same. Also 202, with a change request, where it is of production: once that is approved, a worker does it. If-Match may be given.",
        operationId: "purgeConnector",
        params: idParametersSchema,
        headers: headersSchema,
        response: { 200: purgeSchema, 202: z.union([purgeSchema, changeRequestSchema]), ...problemResponses },
      },
    },
    async (request, reply) => {
      const expectedVersion = readIfMatch(request.headers["if-match"]);
      const wish = { id: request.params.id, expectedVersion };
      const emergency = request.headers["isthmus-emergency"];
      const outcome = await purgeConnector(services, callerOf(request), wish, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      const purge = outcome.result;
      return reply.code(purge.purged ? 200 : 202).send(purge);
    },
  );
};
