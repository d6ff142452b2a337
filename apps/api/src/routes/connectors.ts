import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createConnector } from "../actions/create-connector.js";
import { deleteConnector } from "../actions/delete-connector.js";
import { getConnector } from "../actions/get-connector.js";
import { listConnectors } from "../actions/list-connectors.js";
import { updateConnector } from "../actions/update-connector.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { emergencySchema, nameChangeRequest, requestedResponse } from "./change-answers.js";
import { ifMatchSchema, readIfMatch, requireIfMatch, toEntityTag } from "./entity-tags.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import {
  connectorSchema,
  createConnectorSchema,
  listConnectorsSchema,
  updateConnectorSchema,
} from "./schemas/connectors.js";

const tags = ["connectors"];
const headersSchema = emergencySchema.extend(ifMatchSchema.shape);

/** `/v1/connectors`: create, list, read, change, delete. */
export const connectorRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/connectors",
    {
      schema: {
        tags,
        summary: "Add a connector",
        operationId: "createConnector",
        headers: emergencySchema,
        body: createConnectorSchema,
        response: { 201: connectorSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const emergency = request.headers["isthmus-emergency"];
      const outcome = await createConnector(services, callerOf(request), request.body, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      const connector = outcome.result;
      reply.header("location", `/v1/connectors/${connector.id}`).header("etag", toEntityTag(connector.version));
      return reply.code(201).send(connector);
    },
  );

  app.get(
    "/v1/connectors",
    {
      schema: {
        tags,
        summary: "List connectors",
        operationId: "listConnectors",
        querystring: listConnectorsSchema,
        response: { 200: pageOf(connectorSchema), ...problemResponses },
      },
    },
    async (request) => {
      const { limit, cursor, type, active, environment, deleted } = request.query;
      const filter = {
        ...(type !== undefined && { type }),
        ...(active !== undefined && { active }),
        ...(environment !== undefined && { environment }),
        ...(deleted !== undefined && { deleted }),
      };
      return listConnectors(services, callerOf(request), { limit, cursor, filter });
    },
  );

  app.get(
    "/v1/connectors/:id",
    {
      schema: {
        tags,
        summary: "Read a connector",
        operationId: "getConnector",
        params: idParametersSchema,
        response: { 200: connectorSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const connector = await getConnector(services, callerOf(request), request.params.id);
      return reply.header("etag", toEntityTag(connector.version)).send(connector);
    },
  );

  app.patch(
    "/v1/connectors/:id",
    {
      schema: {
        tags,
        summary: "Change a connector",
        description: "Needs If-Match. Another address or authentication method ends the present authorisation.",
        operationId: "updateConnector",
        params: idParametersSchema,
        headers: headersSchema,
        body: updateConnectorSchema,
        response: { 200: connectorSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { "if-match": ifMatch, "isthmus-emergency": emergency } = request.headers;
      const version = requireIfMatch(ifMatch);
      const { id } = request.params;
      const outcome = await updateConnector(services, callerOf(request), id, version, request.body, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      return reply.header("etag", toEntityTag(outcome.result.version)).send(outcome.result);
    },
  );

  app.delete(
    "/v1/connectors/:id",
    {
      schema: {
        tags,
        summary: "Delete a connector",
        description:
          "Nothing reaches it any more, and its code is free. It can be restored, with its grant, for ISTHMUS_DELETED_RETENTION_DAYS; then it is purged. To have the grant revoked now, purge it. If-Match may be given.",
        operationId: "deleteConnector",
        params: idParametersSchema,
        headers: headersSchema,
        response: { 204: z.undefined().describe("Deleted."), ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { "if-match": ifMatch, "isthmus-emergency": emergency } = request.headers;
      const deletion = { id: request.params.id, expectedVersion: readIfMatch(ifMatch) };
      const outcome = await deleteConnector(services, callerOf(request), deletion, emergency);
      nameChangeRequest(reply, outcome);
      return outcome.outcome === "requested" ? reply.code(202).send(outcome.request) : reply.code(204).send();
    },
  );
};
