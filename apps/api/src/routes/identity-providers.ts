import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createIdentityProvider } from "../actions/create-identity-provider.js";
import { deleteIdentityProvider } from "../actions/delete-identity-provider.js";
import { getIdentityProvider, listIdentityProviders } from "../actions/get-identity-providers.js";
import { testIdentityProvider } from "../actions/test-identity-provider.js";
import { updateIdentityProvider } from "../actions/update-identity-provider.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { readIfMatch, requireIfMatch, toEntityTag } from "./entity-tags.js";
import { idParametersSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import {
  createIdentityProviderSchema,
  identityProviderSchema,
  publishedKeysSchema,
  updateIdentityProviderSchema,
} from "./schemas/identity-providers.js";

const tags = ["identity providers"];
const ifMatchSchema = z.object({ "if-match": z.string().optional().describe("The ETag of the identity provider.") });

/** `/v1/identity-providers`: whose tokens the tenant takes in place of API keys. */
export const identityProviderRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/identity-providers",
    {
      schema: {
        tags,
        summary: "Take the tokens of an identity provider",
        operationId: "createIdentityProvider",
        body: createIdentityProviderSchema,
        response: { 201: identityProviderSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { clockToleranceSeconds, enabled, ...rest } = request.body;
      const input = { ...rest, toleranceSeconds: clockToleranceSeconds, isEnabled: enabled };
      const provider = await createIdentityProvider(services, callerOf(request), input);
      reply.header("location", `/v1/identity-providers/${provider.id}`).header("etag", toEntityTag(provider.version));
      return reply.code(201).send(provider);
    },
  );

  app.get(
    "/v1/identity-providers",
    {
      schema: {
        tags,
        summary: "List identity providers",
        operationId: "listIdentityProviders",
        querystring: pageQuerySchema,
        response: { 200: pageOf(identityProviderSchema), ...problemResponses },
      },
    },
    (request) => listIdentityProviders(services, callerOf(request), request.query),
  );

  app.get(
    "/v1/identity-providers/:id",
    {
      schema: {
        tags,
        summary: "Read an identity provider",
        operationId: "getIdentityProvider",
        params: idParametersSchema,
        response: { 200: identityProviderSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const provider = await getIdentityProvider(services, callerOf(request), request.params.id);
      return reply.header("etag", toEntityTag(provider.version)).send(provider);
    },
  );

  app.patch(
    "/v1/identity-providers/:id",
    {
      schema: {
        tags,
        summary: "Change an identity provider, from the next request on",
        description: "Needs If-Match. The issuer stays: people are bound to it.",
        operationId: "updateIdentityProvider",
        params: idParametersSchema,
        headers: ifMatchSchema,
        body: updateIdentityProviderSchema,
        response: { 200: identityProviderSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const version = requireIfMatch(request.headers["if-match"]);
      const { clockToleranceSeconds: toleranceSeconds, enabled: isEnabled, ...rest } = request.body;
      const all = { ...rest, toleranceSeconds, isEnabled };
      // What is missing must not be there at all: it would overwrite what is stored.
      const changes = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      const provider = await updateIdentityProvider(services, callerOf(request), request.params.id, version, changes);
      return reply.header("etag", toEntityTag(provider.version)).send(provider);
    },
  );

  app.delete(
    "/v1/identity-providers/:id",
    {
      schema: {
        tags,
        summary: "Take no tokens of an identity provider any more",
        description: "From the next request on. Its people stay, and are who they were when it is added again.",
        operationId: "deleteIdentityProvider",
        params: idParametersSchema,
        headers: ifMatchSchema,
        response: { 204: z.undefined().describe("Deleted."), ...problemResponses },
      },
    },
    async (request, reply) => {
      const version = readIfMatch(request.headers["if-match"]);
      await deleteIdentityProvider(services, callerOf(request), request.params.id, version);
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/identity-providers/:id/test",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "Ask an identity provider for its keys, now",
        operationId: "testIdentityProvider",
        params: idParametersSchema,
        response: { 200: publishedKeysSchema, ...problemResponses },
      },
    },
    (request) => testIdentityProvider(services, callerOf(request), request.params.id),
  );
};
