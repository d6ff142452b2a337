import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { purgeConnector } from "../actions/purge-connector.js";
import { restoreConnector } from "../actions/restore-connector.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { ifMatchSchema, readIfMatch, toEntityTag } from "./entity-tags.js";
import { idParametersSchema, problemResponses } from "./schemas/common.js";
import { connectorSchema, purgeSchema, restoreConnectorSchema } from "./schemas/connectors.js";

const tags = ["connectors"];

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
        headers: ifMatchSchema,
        body: restoreConnectorSchema,
        response: { 200: connectorSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const expectedVersion = readIfMatch(request.headers["if-match"]);
      const restore = { id: request.params.id, expectedVersion, code: request.body?.code };
      const connector = await restoreConnector(services, callerOf(request), restore);
      return reply.header("etag", toEntityTag(connector.version)).send(connector);
    },
  );

  app.post(
    "/v1/connectors/:id/purge",
    {
      schema: {
        tags,
        summary: "Delete a connector for good",
        description:
          "Also one that is deleted already. The vendor revokes its grant, then its tokens are destroyed and it is removed; its audit stays. 202 where the vendor could not be told: it is asked again for seven days, and then the connector is removed all the same. If-Match may be given.",
        operationId: "purgeConnector",
        params: idParametersSchema,
        headers: ifMatchSchema,
        response: { 200: purgeSchema, 202: purgeSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const expectedVersion = readIfMatch(request.headers["if-match"]);
      const purge = await purgeConnector(services, callerOf(request), { id: request.params.id, expectedVersion });
      return reply.code(purge.purged ? 200 : 202).send(purge);
    },
  );
};
