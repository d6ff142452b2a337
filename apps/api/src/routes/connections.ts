import { connectorErrorCodes } from "@isthmus/core";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { authorizeConnector } from "../actions/authorize-connector.js";
import { disconnectConnector } from "../actions/disconnect-connector.js";
import { refreshConnector } from "../actions/refresh-connector.js";
import { testConnector } from "../actions/test-connector.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { readSignal } from "./request-signal.js";
import { idParametersSchema, instantSchema, problemResponses } from "./schemas/common.js";

const tags = ["connections"];
const authorizeBodySchema = z
  .strictObject({ returnTo: z.url().max(2000).optional().describe("Where the browser goes afterwards; allow-listed.") })
  .nullish();
const authorizationSchema = z
  .object({ authorizationUrl: z.url().describe("Open it in a browser; it works once."), expiresAt: instantSchema })
  .meta({ id: "Authorization" });
const codeSchema = z.enum(connectorErrorCodes);
const connectionTestSchema = z
  .object({
    ok: z.boolean().describe("Every check passed."),
    latencyMs: z.number(),
    account: z
      .object({
        id: z.string(),
        name: z.string(),
        environment: z.enum(["production", "sandbox", "unknown"]),
        user: z.string().optional(),
      })
      .optional()
      .describe("Missing when the vendor did not get as far as naming it."),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), code: codeSchema.optional() })),
  })
  .meta({ id: "ConnectionTest" });
const refreshSchema = z
  .object({ expiresAt: instantSchema.nullable(), tokenVersion: z.int() })
  .meta({ id: "RefreshedConnection" });
const disconnectSchema = z
  .object({
    revoked: z.boolean().describe("Whether the vendor confirmed that the grant is gone there too."),
    failure: z.object({ code: codeSchema, detail: z.string() }).nullable(),
  })
  .meta({ id: "Disconnection" });

/** `/v1/connectors/{id}/authorize`, `/test`, `/refresh`, `/disconnect`. */
export const connectionRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/connectors/:id/authorize",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "Get a link by which a person authorises the connector",
        operationId: "authorizeConnector",
        params: idParametersSchema,
        body: authorizeBodySchema,
        response: { 200: authorizationSchema, ...problemResponses },
      },
    },
    (request) => authorizeConnector(services, callerOf(request), request.params.id, request.body?.returnTo),
  );
  app.post(
    "/v1/connectors/:id/test",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "Test the connection",
        description: "A vendor that refuses is a result with ok: false, not an error.",
        operationId: "testConnector",
        params: idParametersSchema,
        response: { 200: connectionTestSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const test = await testConnector(services, callerOf(request), request.params.id, readSignal(reply, services));
      return { ...test, checks: [...test.checks] };
    },
  );
  app.post(
    "/v1/connectors/:id/refresh",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "Renew the access token now",
        operationId: "refreshConnector",
        params: idParametersSchema,
        response: { 200: refreshSchema, ...problemResponses },
      },
    },
    (request) => refreshConnector(services, callerOf(request), request.params.id, services.ending),
  );
  app.post(
    "/v1/connectors/:id/disconnect",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "Give the authorisation back and destroy the tokens",
        description:
          "UNSUPPORTED for an authentication method without tokens, such as api_key: switch the connector off (active: false) or delete it.",
        operationId: "disconnectConnector",
        params: idParametersSchema,
        response: { 200: disconnectSchema, ...problemResponses },
      },
    },
    (request) => disconnectConnector(services, callerOf(request), request.params.id),
  );
};
