import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createInboundEndpoint } from "../actions/create-inbound-endpoint.js";
import { deleteInboundEndpoint } from "../actions/delete-inbound-endpoint.js";
import { getInboundEndpoint, listInboundEndpoints } from "../actions/get-inbound-endpoints.js";
import { listInboundEvents } from "../actions/list-inbound-events.js";
import { updateInboundEndpoint } from "../actions/update-inbound-endpoint.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { emergencySchema, nameChangeRequest, requestedResponse } from "./change-answers.js";
import { readIfMatch, requireIfMatch, toEntityTag } from "./entity-tags.js";
import { idParametersSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import {
  createInboundEndpointSchema,
  inboundEndpointSchema,
  inboundEventSchema,
  listInboundEndpointsSchema,
  updateInboundEndpointSchema,
} from "./schemas/inbound.js";

const tags = ["inbound"];
const headersSchema = emergencySchema.extend({
  "if-match": z.string().optional().describe("The ETag of the endpoint."),
});

/** `/v1/inbound-endpoints`, and what came to a connector by them. */
export const inboundEndpointRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/inbound-endpoints",
    {
      schema: {
        tags,
        summary: "Make an address that a vendor may deliver to",
        operationId: "createInboundEndpoint",
        headers: emergencySchema,
        body: createInboundEndpointSchema,
        response: { 201: inboundEndpointSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const emergency = request.headers["isthmus-emergency"];
      const outcome = await createInboundEndpoint(services, callerOf(request), request.body, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      const endpoint = outcome.result;
      reply.header("location", `/v1/inbound-endpoints/${endpoint.id}`).header("etag", toEntityTag(endpoint.version));
      return reply.code(201).send(endpoint);
    },
  );

  app.get(
    "/v1/inbound-endpoints",
    {
      schema: {
        tags,
        summary: "List inbound endpoints",
        operationId: "listInboundEndpoints",
        querystring: listInboundEndpointsSchema,
        response: { 200: pageOf(inboundEndpointSchema), ...problemResponses },
      },
    },
    (request) => {
      const { limit, cursor, type } = request.query;
      const filter = type === undefined ? {} : { type };
      return listInboundEndpoints(services, callerOf(request), { limit, cursor, filter });
    },
  );

  app.get(
    "/v1/inbound-endpoints/:id",
    {
      schema: {
        tags,
        summary: "Read an inbound endpoint",
        operationId: "getInboundEndpoint",
        params: idParametersSchema,
        response: { 200: inboundEndpointSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const endpoint = await getInboundEndpoint(services, callerOf(request), request.params.id);
      return reply.header("etag", toEntityTag(endpoint.version)).send(endpoint);
    },
  );

  app.patch(
    "/v1/inbound-endpoints/:id",
    {
      schema: {
        tags,
        summary: "Change an inbound endpoint: name, active, secrets",
        description:
          "Needs If-Match. A new secret is taken beside the former ones, until keepFormerSecrets: false lets those go.",
        operationId: "updateInboundEndpoint",
        params: idParametersSchema,
        headers: headersSchema,
        body: updateInboundEndpointSchema,
        response: { 200: inboundEndpointSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { "if-match": ifMatch, "isthmus-emergency": emergency } = request.headers;
      const version = requireIfMatch(ifMatch);
      const { id } = request.params;
      const outcome = await updateInboundEndpoint(services, callerOf(request), id, version, request.body, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      return reply.header("etag", toEntityTag(outcome.result.version)).send(outcome.result);
    },
  );

  app.delete(
    "/v1/inbound-endpoints/:id",
    {
      schema: {
        tags,
        summary: "Delete an inbound endpoint",
        description: "With all that came to it. If-Match may be given.",
        operationId: "deleteInboundEndpoint",
        params: idParametersSchema,
        headers: headersSchema,
        response: { 204: z.undefined().describe("Deleted."), ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { "if-match": ifMatch, "isthmus-emergency": emergency } = request.headers;
      const version = readIfMatch(ifMatch);
      const outcome = await deleteInboundEndpoint(services, callerOf(request), request.params.id, version, emergency);
      nameChangeRequest(reply, outcome);
      return outcome.outcome === "requested" ? reply.code(202).send(outcome.request) : reply.code(204).send();
    },
  );

  app.get(
    "/v1/connectors/:id/inbound-events",
    {
      schema: {
        tags,
        summary: "List what the vendor told of the connector's account",
        description: "Newest first. Events are kept for some days.",
        operationId: "listInboundEvents",
        params: idParametersSchema,
        querystring: pageQuerySchema,
        response: { 200: pageOf(inboundEventSchema), ...problemResponses },
      },
    },
    (request) => listInboundEvents(services, callerOf(request), request.params.id, request.query),
  );
};
