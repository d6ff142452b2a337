import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { getConnectorType, listConnectorTypes } from "../actions/connector-types.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { pageOf, problemResponses } from "./schemas/common.js";
import { connectorTypeSchema, connectorTypeSummarySchema } from "./schemas/connector-types.js";

const tags = ["connector types"];

/** `/v1/connector-types`: what is installed. */
export const connectorTypeRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/connector-types",
    {
      schema: {
        tags,
        summary: "List the installed types",
        operationId: "listConnectorTypes",
        response: { 200: pageOf(connectorTypeSummarySchema), ...problemResponses },
      },
    },
    (request) => listConnectorTypes(services, callerOf(request)),
  );
  app.get(
    "/v1/connector-types/:type",
    {
      schema: {
        tags,
        summary: "Read a type: schemes, schemas, operations",
        operationId: "getConnectorType",
        params: z.object({ type: z.string().max(50) }),
        response: { 200: connectorTypeSchema, ...problemResponses },
      },
    },
    (request) => getConnectorType(services, callerOf(request), request.params.type),
  );
};
