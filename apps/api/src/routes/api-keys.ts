import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createApiKey } from "../actions/create-api-key.js";
import { listApiKeys } from "../actions/list-api-keys.js";
import { revokeApiKey } from "../actions/revoke-api-key.js";
import { overlapLimits, rotateApiKey } from "../actions/rotate-api-key.js";
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
    rotatedTo: z.uuid().nullable().describe("The key that was made in its place."),
    createdAt: instantSchema,
  })
  .meta({ id: "ApiKey" });

/** A key as its creation answers it. */
export const createdApiKeySchema = apiKeySchema
  .extend({ key: z.string().describe("Shown once and never again.") })
  .meta({ id: "CreatedApiKey" });

const rotateApiKeySchema = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(overlapLimits.max)
      .default(overlapLimits.default)
      .describe("How long the old key goes on working, unless it expires before. 0: not at all."),
    expiresAt: instantSchema.optional().describe("Of the new key; default: as the old one."),
  })
  .meta({ id: "RotateApiKey" });

/** A new key, and the one that it replaces. */
export const rotatedApiKeySchema = createdApiKeySchema
  .extend({ former: apiKeySchema.describe("The old key, with the end it has now.") })
  .meta({ id: "RotatedApiKey" });

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
  app.post(
    "/v1/api-keys/:id/rotate",
    {
      schema: {
        tags,
        summary: "Make a key in place of another, which goes on working for a while",
        description:
          "The new key is of the same user, with the same name and rights. A key is rotated once; what works no more is not rotated (409 API_KEY_NOT_ROTATABLE). As when a key is made, the new one may not outlive the caller's, unless the caller is an administrator.",
        operationId: "rotateApiKey",
        params: idParametersSchema,
        body: rotateApiKeySchema.nullish(),
        response: { 201: rotatedApiKeySchema, ...problemResponses },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await rotateApiKey(services, callerOf(request), request.params.id, request.body ?? {})),
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
