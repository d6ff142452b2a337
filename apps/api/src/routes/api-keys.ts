import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createApiKey } from "../actions/create-api-key.js";
import { listApiKeys } from "../actions/list-api-keys.js";
import { revokeApiKey } from "../actions/revoke-api-key.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import {
  idParametersSchema,
  idSchema,
  instantSchema,
  pageOf,
  pageQuerySchema,
  problemResponses,
} from "./schemas/common.js";

const tags = ["API keys"];
const newApiKeySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200).describe("What the key is for."),
    userId: idSchema.optional().describe("Whom it acts as; default: the caller."),
    expiresAt: instantSchema
      .optional()
      .describe("Default: it does not expire, where the caller's key may make one that does not."),
  })
  .meta({ id: "NewApiKey" });

/** A key as it is answered. */
export const apiKeySchema = z
  .object({
    id: z.uuid(),
    userId: z.uuid(),
    name: z.string(),
    prefix: z.string().describe("The first characters, to tell keys apart."),
    expiresAt: instantSchema.nullable(),
    lastUsedAt: instantSchema.nullable().describe("To the minute."),
    revokedAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: "ApiKey" });

/** A key as its creation answers it. */
export const createdApiKeySchema = apiKeySchema
  .extend({ key: z.string().describe("Shown once and never again.") })
  .meta({ id: "CreatedApiKey" });

/** `/v1/api-keys`. */
export const apiKeyRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/api-keys",
    {
      schema: {
        tags,
        summary: "Make a key",
        description:
          "A key may not outlive the key that makes it: made with a key that expires, it needs an expiresAt that is no later. An administrator's key may make any.",
        operationId: "createApiKey",
        body: newApiKeySchema,
        response: { 201: createdApiKeySchema, ...problemResponses },
      },
    },
    async (request, reply) => reply.code(201).send(await createApiKey(services, callerOf(request), request.body)),
  );
  app.get(
    "/v1/api-keys",
    {
      schema: {
        tags,
        summary: "List keys: all for an administrator, otherwise one's own",
        operationId: "listApiKeys",
        querystring: pageQuerySchema,
        response: { 200: pageOf(apiKeySchema), ...problemResponses },
      },
    },
    (request) => listApiKeys(services, callerOf(request), request.query),
  );
  app.delete(
    "/v1/api-keys/:id",
    {
      schema: {
        tags,
        summary: "Withdraw a key",
        operationId: "revokeApiKey",
        params: idParametersSchema,
        response: { 204: z.undefined().describe("Withdrawn."), ...problemResponses },
      },
    },
    async (request, reply) => {
      await revokeApiKey(services, callerOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
};
